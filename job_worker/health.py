"""Whether a worker or the scheduler does its work: it touches a file, and who looks at it sees how long ago that was.

Containers are looked at so as well, by bash and `find`: a check that costs a second of a busy machine fails just there.

A second file, with the ending `.alive`, is touched also while broker or database are away. Who restarts what hangs
looks at that one, for a restart brings neither back.
"""

import time
from pathlib import Path

STALE_SECONDS = 15.0


def touch(path: Path) -> None:
    """Note that all is well now."""
    path.touch()


def alive_file(health_file: Path) -> Path:
    """The file that says no more than that the process lives."""
    return health_file.with_suffix(".alive")


def is_fresh(path: Path) -> bool:
    """Whether all was well a moment ago."""
    try:
        return time.time() - path.stat().st_mtime < STALE_SECONDS
    except FileNotFoundError:
        return False
