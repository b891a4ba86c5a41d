"""Whether a worker or the scheduler does its work: it touches a file, and this looks how long ago that was.

`python -m job_worker.health worker` (or `scheduler`) exits with 0 if it does, with 1 if not; it asks no broker.
"""

import sys
import time
from pathlib import Path

from job_tasks.settings import settings

STALE_SECONDS = 15.0


def touch(path: Path) -> None:
    """Note that all is well now."""
    path.touch()


def is_fresh(path: Path) -> bool:
    """Whether all was well a moment ago."""
    try:
        return time.time() - path.stat().st_mtime < STALE_SECONDS
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    file = settings().worker_health_file if sys.argv[1:] == ["worker"] else settings().scheduler_health_file
    sys.exit(0 if is_fresh(file) else 1)
