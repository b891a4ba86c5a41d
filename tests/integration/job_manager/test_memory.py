"""What many callers ask of the manager at once fits into the memory of its container, however large results are."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
import requests
from sqlalchemy import text

from embedded.ports import LOOPBACK, free_ports
from embedded.servers import Servers
from job_core.worker.attempt import MAX_RESULT_LENGTH
from tests.integration.job_manager.conftest import deployed_manager
from tests.integration.job_store import NEW_JOB, Store

CONTAINER_MB = 512  # MANAGER_MEMORY_LIMIT of docker-compose.yml, for two processes and what starts them
CALLERS = 8
ASKED = 3 * CALLERS
RESULTS = {
    "text": json.dumps({"text": "x" * (MAX_RESULT_LENGTH - 20)}),
    "lists": json.dumps({"lists": [[]] * (MAX_RESULT_LENGTH // 4 - 10)}),  # 64 bytes of memory for 4
}
KEY = {"Idempotency-Key": "the same"}
BATCH = {"urls": [f"https://example.com/{number}" for number in range(1_000)]}


@pytest.fixture
def manager(servers: Servers, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The address and the process of a manager with its default settings."""
    (port,) = free_ports(1)
    with deployed_manager(servers, port, tmp_path / "log", MANAGER_PROCESSES="2") as process:
        yield f"http://{LOOPBACK}:{port}", process.pid


def change_all(store: Store, change: str, **parameters: object) -> None:
    """Change every job, whatever the rules of its states say; a gigabyte takes its time."""
    with store.database.transaction(300) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"UPDATE jobs SET {change}"), parameters)


def end_all(store: Store, result: str) -> None:
    """Let every job have ended with that result."""
    ended = "state = 'SUCCESS', finished_at = now(), parked_at = NULL, result = CAST(:result AS json)"
    change_all(store, ended, result=result)


def many_at_once(ask: Callable[[], requests.Response]) -> list[requests.Response]:
    """The answers that came; nobody is kept waiting for one, and nobody gets an error that is not the caller's."""
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(lambda _: ask(), range(ASKED)))
    assert {answer.status_code for answer in answers} <= {200, 202, 503}
    served = [answer for answer in answers if answer.ok]
    assert served
    return served


def peak_mb(pid: int) -> float:
    """The most that the processes have had; what they share counts for each."""
    of_all = [psutil.Process(pid), *psutil.Process(pid).children()]
    assert len(of_all) == 3
    status = [Path(f"/proc/{each.pid}/status").read_text(encoding="utf-8") for each in of_all]
    return sum(int(re.findall(r"VmHWM:\s+(\d+) kB", text)[0]) for text in status) / 1_024


in_text = pytest.param(RESULTS["text"], id="text", marks=pytest.mark.thorough)
every_result = pytest.mark.parametrize("result", [in_text, pytest.param(RESULTS["lists"], id="lists")])


@every_result
@pytest.mark.parametrize("path", ["/result/{}", "/job/{}", "/result/{}/events"])
def test_of_one_job_of_a_megabyte(store: Store, manager: tuple[str, int], path: str, result: str) -> None:
    url, pid = manager
    job = store.submit()
    end_all(store, result)
    if path == "/job/{}":
        change_all(store, "kind = 'report'")  # whose result is shown as it is
    many_at_once(lambda: requests.get(url + path.format(job.id), timeout=60))
    assert peak_mb(pid) < CONTAINER_MB


def test_of_a_page_of_jobs_of_a_megabyte(store: Store, manager: tuple[str, int]) -> None:
    """As many as do not fit, and not many more."""
    assert_pages_fit(store, manager, "/jobs?limit=200", RESULTS["lists"], jobs=20)


@pytest.mark.thorough
@every_result
@pytest.mark.parametrize("path", ["/jobs?limit=200", "/jobs?id", "/jobs?parent", "/"])
def test_of_200_jobs_of_a_megabyte(store: Store, manager: tuple[str, int], path: str, result: str) -> None:
    assert_pages_fit(store, manager, path, result, jobs=200)


def assert_pages_fit(store: Store, manager: tuple[str, int], path: str, result: str, *, jobs: int) -> None:
    url, pid = manager
    ids = [job.id for job in store.accept([NEW_JOB] * jobs).jobs]
    end_all(store, result)
    if path == "/jobs?parent":
        parent = store.submit()
        change_all(store, "parent_id = :parent WHERE id <> :parent", parent=parent.id)
        path = f"/jobs?limit=200&parent={parent.id}"
    if path == "/jobs?id":
        path = "/jobs?" + urlencode([("id", each) for each in ids])
    if path == "/":
        change_all(store, "kind = 'report'")  # whose result is shown as it is
    many_at_once(lambda: requests.get(url + path, timeout=60))
    assert peak_mb(pid) < CONTAINER_MB


@pytest.mark.thorough
@every_result
def test_of_a_batch_repeated_with_its_key(store: Store, manager: tuple[str, int], result: str) -> None:
    url, pid = manager
    accepted = requests.post(f"{url}/count", json=BATCH, headers=KEY, timeout=60).json()["jobs"]
    end_all(store, result)
    for answer in many_at_once(lambda: requests.post(f"{url}/count", json=BATCH, headers=KEY, timeout=60)):
        assert [job["id"] for job in answer.json()["jobs"]] == [job["id"] for job in accepted]
        assert {(job["status"], job["result"]) for job in answer.json()["jobs"]} == {("SUCCESS", None)}
    assert peak_mb(pid) < CONTAINER_MB
