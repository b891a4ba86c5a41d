"""The stack that acceptance tests run: of few children, with the tests' own tasks, its answers held to its document."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.stack import Stack, Wanted, process_stack
from embedded.data_folder import DataFolder
from tests.conformance import Conformance

GRACE_SECONDS = 3.0
CHILDREN = 2  # of each worker
# The new one, and the one that it takes the place of.
WEBHOOK_SECRETS = ("whsec_" + "bmV3" * 10, "whsec_" + "b2xk" * 10)
SETTINGS = {
    "WORKER_CONCURRENCY": str(CHILDREN),
    "WORKER_STOP_GRACE_SECONDS": str(GRACE_SECONDS),
    "RETRY_BASE_SECONDS": "0.1",
    # Longer than any fault lasts, so that a held page is no page that timed out.
    "FETCH_READ_TIMEOUT_SECONDS": "45",
    "FETCH_TOTAL_TIMEOUT_SECONDS": "50",
    "MANAGER_PROCESSES": "1",
    "WEBHOOK_SECRETS": ",".join(WEBHOOK_SECRETS),
}


@contextmanager
def running_stack(
    folder: Path, page_port: int, *, database_pair: bool = False, broker_pair: bool = False, **settings: str
) -> Iterator[Stack]:
    """The stack, ready for jobs, with settings beside those of all tests."""
    wanted = Wanted(
        page_port=page_port,
        settings=SETTINGS | settings,
        tasks="tests.acceptance.extra_tasks",
        database_pair=database_pair,
        broker_pair=broker_pair,
        check=Conformance(),
    )
    with process_stack(DataFolder(folder), wanted) as stack:
        yield stack
