"""`make peek`: the messages that wait in the queues of the stack that `make up` runs."""

import argparse
import re
import sys
from pathlib import Path

from embedded.control import FOLDER
from embedded.ports import LOOPBACK
from job_core.queue import JobQueue
from job_tasks.job_tasks import core
from job_worker.peek import BROKER_SECONDS, show


def main() -> int:
    """Print them; returns the exit code: 1, with the reason on standard error, if no stack runs."""
    parser = argparse.ArgumentParser(prog="python -m embedded.peek", description="Show the messages that wait.")
    parser.add_argument("--data", type=Path, default=FOLDER, help="the data of the stack (default: %(default)s)")
    settings = parser.parse_args().data / "broker" / "redis.conf"
    if not settings.exists():
        sys.stderr.write(f"no stack has run on {settings.parent.parent}; `make up` starts one\n")
        return 1
    said = dict(re.findall(r"^(port|requirepass) (.+)$", settings.read_text(encoding="ascii"), re.MULTILINE))
    url = f"redis://:{said['requirepass']}@{LOOPBACK}:{said['port']}/0"
    return show(JobQueue(core.name, core.kinds, url, timeout_seconds=BROKER_SECONDS))


if __name__ == "__main__":
    raise SystemExit(main())
