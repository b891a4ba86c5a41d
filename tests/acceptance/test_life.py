"""Workers and scheduler say that they live while a service is away, so that nobody restarts them for that."""

from pathlib import Path

import pytest

from dev.stack import Stack
from dev.waiting import eventually
from job_worker.health import alive_file


def signs_of_life(stack: Stack) -> list[Path]:
    names = [service.name for service in (*stack.job_workers, stack.job_scheduler)]
    return [alive_file(stack.services.folder.path / f"{name}.health") for name in names]


@pytest.mark.parametrize("away", ["job_broker", "job_db"])
def test_they_go_on_to_say_that_they_live_while_a_service_is_away(stack: Stack, away: str) -> None:
    getattr(stack, away).kill()
    for file in signs_of_life(stack):
        file.unlink()
    eventually(lambda: all(file.exists() for file in signs_of_life(stack)), "all say so again", seconds=10)


def test_one_that_starts_while_the_database_is_away_says_so_as_well(stack: Stack) -> None:
    stack.job_db.kill()
    worker, scheduler = stack.job_workers[0], stack.job_scheduler
    for service in (worker, scheduler):
        service.kill()
    for file in signs_of_life(stack):
        file.unlink()
    for service in (worker, scheduler):
        service.start()
    eventually(lambda: all(file.exists() for file in signs_of_life(stack)), "all say so", seconds=30)
