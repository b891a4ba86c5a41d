"""The primary is lost for good and its standby takes over: no process is restarted, no job is lost and none doubled."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dev.database_pair import DatabasePair, PairedServer
from dev.pages import PageServer
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import eventually
from tests.acceptance.conftest import LOGS
from tests.acceptance.recovery import DRAIN_SECONDS, Recoveries
from tests.acceptance.repeating import repeated
from tests.acceptance.stack import running_stack

pytestmark = pytest.mark.thorough

PAUSE_SECONDS = 0.05  # between submissions
UNDER_WAY = 30
ENDED_ONCE = """
    SELECT state, (SELECT count(*) FROM attempts WHERE job_id = jobs.id AND outcome = 'SUCCESS') FROM jobs
    WHERE id = ANY(%s::uuid[])
"""


@pytest.fixture(scope="module")
def pair_stack(tmp_path_factory: pytest.TempPathFactory, pages: PageServer, _server_programs: None) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), pages.port, database_pair=True) as stack:
        yield stack


@pytest.fixture
def stack(pair_stack: Stack, request: pytest.FixtureRequest) -> Stack:
    """The stack on whichever of the two is the primary by now; the other one copies it."""
    request.node.stash[LOGS] = {log: log.stat().st_size for log in pair_stack.services.folder.logs.glob("*.log")}
    assert pair_stack.databases
    if not pair_stack.databases.is_in_step():
        pair_stack.databases.copy()
    return pair_stack


@pytest.fixture
def pair(stack: Stack) -> DatabasePair:
    assert stack.databases
    return stack.databases


def accepted(stack: Stack, url: str, key: str) -> str:
    """The id of a job that is submitted until it is accepted, as one that the caller wants once."""

    def ask() -> str:
        answer = stack.manager.ask("POST", "/count", {"url": url}, key=key)
        return str(answer.body["id"]) if answer.status == 202 else ""

    return eventually(ask, "a 202", seconds=DRAIN_SECONDS)


@contextmanager
def submitting(stack: Stack, pages: PageServer, name: str) -> Iterator[list[str]]:
    """One job after the other is submitted during the block: their ids."""
    job_ids: list[str] = []

    def submit(number: int) -> None:
        path = f"/slow/{name}/{number}"
        job_ids.append(accepted(stack, pages.url(f"{path}?seconds=0.1"), key=path))

    with repeated(submit, every=PAUSE_SECONDS):
        yield job_ids


def pids(stack: Stack) -> list[int]:
    return [service.process.pid for service in (stack.job_manager, stack.job_scheduler, *stack.job_workers)]


def assert_all_have_found(stack: Stack, pages: PageServer, primary: PairedServer, name: str) -> None:
    """Manager, scheduler and workers use it, and a job goes its whole way."""
    for service in (stack.job_scheduler, *stack.job_workers):
        eventually(
            lambda: service.is_connected_to(primary.port),  # noqa: B023 - at once
            f"{service.name} has found the new primary",
            seconds=RECOVERY_SECONDS,
        )
    eventually(stack.manager.is_ready, "the manager has found it", seconds=RECOVERY_SECONDS)
    job_id = accepted(stack, pages.url(f"/words/1/{name}"), key=name)
    assert stack.manager.ended(job_id, within=RECOVERY_SECONDS).status == "SUCCESS"


def assert_none_is_lost_and_none_doubled(stack: Stack, job_ids: list[str], before: int) -> None:
    stack.manager.ended_all(job_ids, within=DRAIN_SECONDS)
    stack.tables.close()  # this test's own connection may still lead to the old primary, which can be read
    assert stack.query(ENDED_ONCE, job_ids) == [("SUCCESS", 1)] * len(job_ids)
    assert stack.jobs() == before + len(job_ids) + 1  # and the one that showed that all go on


def test_all_go_on_when_the_primary_is_killed_for_good_under_load(
    stack: Stack, pages: PageServer, pair: DatabasePair, recoveries: Recoveries
) -> None:
    before, processes = stack.jobs(), pids(stack)
    with submitting(stack, pages, "killed") as job_ids:
        eventually(lambda: len(job_ids) >= UNDER_WAY, "jobs are under way")
        pair.process(pair.primary).kill()
        with recoveries.measure("primary of the database killed for good under load"):
            pair.promote()
            assert_all_have_found(stack, pages, pair.primary, "killed")
    assert_none_is_lost_and_none_doubled(stack, job_ids, before)
    assert pids(stack) == processes
    stack.servers.supervisor.run(stack.services.migration())  # though the URL names the dead one first


def test_all_go_on_when_the_primary_is_made_read_only_under_load(
    stack: Stack, pages: PageServer, pair: DatabasePair, recoveries: Recoveries
) -> None:
    """It stays up, and every connection to it as well."""
    before, processes = stack.jobs(), pids(stack)
    with submitting(stack, pages, "demoted") as job_ids:
        eventually(lambda: len(job_ids) >= UNDER_WAY, "jobs are under way")
        pair.configure("default_transaction_read_only", "on")
        with recoveries.measure("primary of the database made read-only under load"):
            pair.promote()
            assert_all_have_found(stack, pages, pair.primary, "demoted")
    assert_none_is_lost_and_none_doubled(stack, job_ids, before)
    assert pids(stack) == processes
