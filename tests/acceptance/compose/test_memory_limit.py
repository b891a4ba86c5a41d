"""A worker's container meets its memory limit: the kernel kills the child that grew, and the others go on."""

from collections.abc import Iterator

import pytest

from dev.containers import CHAOS, ContainerStack, container_stack, own_project
from dev.waiting import eventually
from tests.acceptance.compose.stack import ALL_DONE_SECONDS, all_counted_once, outcomes, submit_pages

pytestmark = pytest.mark.thorough

JOBS = 40


@pytest.fixture
def small_stack(project: dict[str, str]) -> Iterator[ContainerStack]:
    """Containers of workers have less memory than one of their children may have."""
    assert project
    limits = {"WORKER_MEMORY_LIMIT": "700m", "WORKER_CHILD_MEMORY_MB": "2000", "WORKER_CONCURRENCY": "2"}
    with container_stack(own_project("memory"), CHAOS, **limits) as stack:
        yield stack


def test_a_child_that_the_kernel_kills_ends_its_own_job_alone(small_stack: ContainerStack) -> None:
    stack = small_stack
    before = submit_pages(stack, JOBS, seconds=0.3)
    greedy = stack.manager.ask("POST", "/devour", {"name": "all there is"}).expect(202)["id"]
    job = stack.manager.ended_job(greedy, within=ALL_DONE_SECONDS)
    after = submit_pages(stack, JOBS, seconds=0)

    assert (job["status"], job["crashes"], job["error"]["type"]) == ("FAILURE", 3, "attempt-crashed")
    assert [attempt["outcome"] for attempt in job["attempts"]] == ["CRASHED"] * 3
    assert outcomes(stack.manager, before) == all_counted_once(JOBS)
    assert outcomes(stack.manager, after) == all_counted_once(JOBS)
    assert _killed_by_the_kernel(stack) == 3
    eventually(stack.manager.is_ready, "all is well", seconds=10)
    assert stack.died() == []


def _killed_by_the_kernel(stack: ContainerStack) -> int:
    """How many processes of the workers' containers, by version 1 or 2 of control groups."""
    count = "cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null | grep '^oom_kill '"
    lines = [stack.compose.run_in(worker.name, "bash", "-c", count).stdout for worker in stack.job_workers]
    return sum(int(line.split()[1]) for line in lines)
