"""Brings the tables of this stack to the newest form: `python -m job_manager.migrate`.

With `--wait` it changes nothing, and ends as soon as they have that form: where no `depends_on` brings services up in
order, each of them begins with that.
"""

import argparse
import sys
import time

from job_core.errors import DatabaseUnavailable
from job_core.store.migrate import is_current, migrate
from job_tasks.settings import settings
from quote_store import migrations as quotes
from site_crawl import migrations as crawls

FURTHER = (crawls.VERSIONS, quotes.VERSIONS)
PAUSE_SECONDS = 1.0


def main(arguments: list[str]) -> None:
    """Migrate, or wait for somebody else's migration; each reason to wait is written once."""
    parser = argparse.ArgumentParser(prog="job_manager.migrate", description=__doc__)
    parser.add_argument("--wait", action="store_true", help="wait until the tables have the newest form")
    url = settings().database_url.get_secret_value()
    if not parser.parse_args(arguments).wait:
        migrate(url, further=FURTHER)
        return
    written = None
    while (reason := _reason_to_wait(url)) is not None:
        if reason != written:
            sys.stderr.write(f"waits for the tables: {reason}\n")
            written = reason
        time.sleep(PAUSE_SECONDS)


def _reason_to_wait(url: str) -> str | None:
    try:
        return None if is_current(url, further=FURTHER) else "they are missing or too old"
    except DatabaseUnavailable as error:
        return error.reason


if __name__ == "__main__":
    main(sys.argv[1:])
