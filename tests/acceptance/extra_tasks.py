"""Tasks that do what no page can make `count` do, added as anyone adds a task of their own."""

import os
import time
from contextlib import suppress

import dev.chaos.tasks  # noqa: F401 - adds a parent with many children
from job_core.job import JsonObject
from job_tasks.job_tasks import core
from job_tasks.page_request import PageRequest

LIMITS = {"soft_time_limit_seconds": 1, "hard_time_limit_seconds": 2}
MEGABYTES_10 = 10_000_000
SWOLLEN = 300_000_000


@core.task()
def crash(_request: PageRequest) -> JsonObject:
    """Kill the process that runs this, as an exhausted memory would."""
    os._exit(1)


@core.task()
def hoard(_request: PageRequest) -> JsonObject:
    """Take more and more memory, without end."""
    hoarded = []
    while True:
        hoarded.append(b"x" * MEGABYTES_10)


@core.task()
def swell(_request: PageRequest) -> JsonObject:
    """Take more memory than a child may keep, yet less than it may have, and let it go again."""
    return {"bytes": len(b"x" * SWOLLEN), "pid": os.getpid()}


@core.task(**LIMITS)
def dawdle(_request: PageRequest) -> JsonObject:
    """Run into the soft time limit."""
    time.sleep(600)
    return {}


@core.task(**LIMITS)
def spin(_request: PageRequest) -> JsonObject:
    """Run into the soft time limit, take no notice, and run into the hard one."""
    while True:
        with suppress(Exception):
            time.sleep(600)


@core.task()
def echo(request: PageRequest) -> JsonObject:
    """Give back what was asked for, as markup."""
    return {"said": f"<b>{request.url}"}


@core.task()
def ramble(_request: PageRequest) -> JsonObject:
    """Give what JSON does not know."""
    return {"words": {"a", "set"}}


@core.task()
def calculate(_request: PageRequest) -> JsonObject:
    """Give a float that is not a number."""
    return {"mean": float("nan")}


@core.task()
def forget(_request: PageRequest) -> JsonObject:
    """Give nothing."""
    return None  # type: ignore[return-value] # the mistake that is made
