"""The whole stack as people start it without Docker: every service a process of its own.

A start is 12 s of processor time, so there are few: one that is looked at and killed, one on its data that is looked at
and stopped, and two demos. The tests are in that order.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytest_httpserver import HTTPServer

from dev.waiting import eventually
from embedded.ports import LOOPBACK
from embedded.stack import PRACTICE_URL
from job_tasks.api_keys import make_key
from tests.acceptance.embedded_stack import (
    FEW_PROCESSES,
    KEY,
    MANAGER_API_KEYS,
    PROJECT,
    START_SECONDS,
    STOP_SECONDS,
    Stack,
    is_gone,
)

SERVICES = {"job_manager", "job_worker_01", "job_worker_02", "job_scheduler", "job_viewer", "job_broker", "job_db"}
PRACTICE = "practice_site"
REFUSED_URL = "http://10.0.0.1/"
OWN_SETTINGS = {
    "MANAGER_API_KEYS": MANAGER_API_KEYS,
    "WEBHOOK_SECRETS": "whsec_" + "b3du" * 10,
    "FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,192.0.2.0/24",  # RFC 5737: nobody is in the latter
    # Servers elsewhere, which are not for the embedded stack.
    "CELERY_BROKER_URL": "redis://broker.invalid/0",
    "CELERY_RESULT_BACKEND": "db+postgresql://database.invalid/jobs",
    "DATABASE_URL_FILE": "/nowhere",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def page(make_httpserver: HTTPServer) -> str:
    make_httpserver.expect_request("/page").respond_with_data("<p>Two words, two!</p>", content_type="text/html")
    return make_httpserver.url_for("/page")


@pytest.fixture(scope="module")
def settings(make_httpserver: HTTPServer) -> dict[str, str]:
    """A person's own, which let the stack fetch the page."""
    return OWN_SETTINGS | {"FETCH_ALLOWED_PORTS": str(make_httpserver.port)}


@pytest.fixture(scope="module")
def stack(folder: Path, settings: dict[str, str]) -> Iterator[Stack]:
    """The first on its data."""
    stack = Stack(folder / "data", folder / "output", settings)
    try:
        stack.wait_until_up()
        yield stack
    finally:
        stack.end()


@dataclass(frozen=True, kw_only=True)
class After:
    """The stack after one that was killed: what that one had counted, and the processes that it had."""

    stack: Stack
    job: dict[str, Any]
    processes: list[psutil.Process]


@pytest.fixture(scope="module")
def after(stack: Stack, page: str, folder: Path, settings: dict[str, str]) -> Iterator[After]:
    """Begun at once, while the guard of the killed one still ends its services."""
    job = stack.count(page)
    processes = stack.kill()
    second = Stack(folder / "data", folder / "second", settings | {"FLOWER_READ_ONLY": "false"})
    try:
        second.wait_until_up()
        yield After(stack=second, job=job, processes=processes)
    finally:
        second.end()


class TestRefused:
    """A stack that cannot start as it was asked to."""

    def test_a_taken_port_that_was_asked_for_is_an_error(self, tmp_path: Path) -> None:
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            stack = Stack(tmp_path / "data", tmp_path / "output", {"MANAGER_PORT": str(port)})
            assert stack.process.wait(STOP_SECONDS) == 1
        assert f"MANAGER_PORT: port {port} is taken" in stack.output

    def test_a_wrong_setting_is_an_error_that_names_it(self, tmp_path: Path) -> None:
        stack = Stack(tmp_path / "data", tmp_path / "output", {"JOB_MAX_CRASHES": "many"})
        assert stack.process.wait(STOP_SECONDS) == 1
        assert "JOB_MAX_CRASHES: got 'many'" in stack.output

    def test_a_second_one_on_the_same_data_is_refused(self, stack: Stack, folder: Path) -> None:
        other = Stack(folder / "data", folder / "other", {})
        assert other.process.wait(STOP_SECONDS) == 1
        data, pid = folder / "data", stack.process.pid
        assert f"a stack runs on {data} already (process {pid}); stop it first" in other.output
        assert stack.is_ready()


class TestRunningStack:
    """What a person gets of it."""

    def test_it_counts_a_page(self, stack: Stack, page: str) -> None:
        job = stack.count(page)
        assert job["status"] == "SUCCESS"
        assert job["result"]["top"] == [["two", 2], ["words", 1]]

    def test_nobody_is_let_in_without_a_key_of_the_persons_own(self, stack: Stack) -> None:
        answers = [stack.post("/count", {"url": REFUSED_URL}, key=key) for key in (None, make_key(), KEY)]
        assert [answer.status_code for answer in answers] == [401, 401, 202]

    def test_a_job_may_have_a_webhook_since_there_are_secrets(self, stack: Stack) -> None:
        answer = stack.post("/count", {"url": REFUSED_URL, "callback_url": "https://192.0.2.1/"})
        assert answer.status_code == 202, answer.text

    def test_broker_and_database_can_be_looked_into(self, stack: Stack) -> None:
        job = stack.count(f"{REFUSED_URL}looked-into")
        assert stack.look_into("broker", "LLEN", "celery") == "0\n"
        asked = f"SELECT state, label FROM jobs WHERE id = '{job['id']}'"
        assert stack.look_into("database", "-At", "-c", asked) == f"FAILURE|{REFUSED_URL}looked-into\n"

    def test_flower_stops_no_worker(self, stack: Stack) -> None:
        assert stack.stop_worker_by_flower(f"job_worker_02@{socket.gethostname()}") == 403

    def test_each_service_has_a_log_and_it_is_shown_under_its_name(self, stack: Stack, folder: Path) -> None:
        assert {log.stem for log in (folder / "data" / "logs").iterdir()} == SERVICES | {"job_migrate", PRACTICE}
        names = {line.split(" ", 1)[0] for line in stack.output.splitlines() if " | " in line}
        assert names >= SERVICES - {"job_migrate"}

    def test_a_part_that_a_person_stops_stays_so_until_they_start_it(self, stack: Stack, folder: Path) -> None:
        (worker,) = stack.workers("job_worker_02")
        assert stack.control(folder, "stop", "job_worker_02") == "job_worker_02 is stopped\n"
        assert is_gone(worker)
        assert stack.is_ready()
        assert re.search(r"^job_worker_02 +stopped +- ", stack.control(folder, "status"), re.MULTILINE)
        assert stack.control(folder, "start", "job_worker_02") == "job_worker_02 is starting\n"
        eventually(lambda: re.search(r"^job_worker_02 +running", stack.control(folder, "status"), re.MULTILINE))
        assert len(stack.workers("job_worker_02")) == 1

    def test_a_worker_that_was_killed_is_started_again(self, stack: Stack) -> None:
        (worker,) = stack.workers("job_worker_01")
        worker.kill()
        eventually(
            lambda: [process.pid for process in stack.workers("job_worker_01")] not in ([], [worker.pid]),
            seconds=STOP_SECONDS,
        )
        assert "job_worker_01 ended with SIGKILL; restarting it in 1 s" in stack.output


class TestAfterAKill:
    """The stack on the data of one that was killed."""

    def test_no_process_of_the_killed_one_is_left(self, after: After) -> None:
        assert len(after.processes) > len(SERVICES)
        assert [process for process in after.processes if not is_gone(process)] == []

    def test_it_has_the_results_of_the_killed_one(self, after: After) -> None:
        assert after.job["status"] == "SUCCESS"
        assert after.stack.result(after.job["id"]) == after.job

    def test_flower_may_stop_workers_where_a_person_says_so(self, after: After) -> None:
        assert after.stack.stop_worker_by_flower("no_such_worker") == 404

    def test_stopped_it_leaves_no_process(self, after: After) -> None:
        processes = after.stack.stop()
        assert len(processes) > len(SERVICES)
        assert [process for process in processes if not is_gone(process)] == []
        assert after.stack.output.endswith("stopped\n")


class TestDemo:
    """`make demo`, without the installing."""

    COMMAND = (sys.executable, "-m", "embedded.demo")

    def test_it_shows_the_words_of_its_page_and_needs_no_key(self) -> None:
        keys = {"MANAGER_API_KEYS": MANAGER_API_KEYS, "MANAGER_API_KEYS_FILE": "/nowhere"}
        ended = subprocess.run(
            self.COMMAND,
            cwd=PROJECT,
            env=os.environ | keys,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert re.search(r"manager +http://127\.0\.0\.1:\d+\n +Flower +http://127\.0\.0\.1:\d+", ended.stdout)
        rows = re.findall(r"^  (\S[\w ]*?) +([\d,]+)$", ended.stdout, re.MULTILINE)
        assert rows[:3] == [("words", "282"), ("unique words", "153"), ("the", "37")]
        assert len(rows) == 12
        assert "hidden" not in dict(rows)
        found, _, of_day = ended.stdout.partition("wordcount quote --today")
        assert "10 quotes on 1 page, 10 of them new; finished" in found
        shown, where = re.findall(r"^(\S.+)\n    found on (\S+), attributed to ", of_day, re.MULTILINE)[0]
        assert (shown in found, where) == (True, f"{PRACTICE_URL}quotes.html")

    @pytest.mark.thorough
    def test_a_page_that_cannot_be_counted_is_told_with_its_reason(self) -> None:
        command = (*self.COMMAND, "--url", "http://127.0.0.1/")
        ended = subprocess.run(
            command,
            cwd=PROJECT,
            env=os.environ | FEW_PROCESSES,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )
        assert ended.returncode == 1
        assert ended.stderr.startswith("the page was not counted: The address is refused")

    @pytest.mark.parametrize("moment", ["starting Redis", "broker and database are ready"])
    def test_interrupted_it_leaves_neither_process_nor_folder(self, tmp_path: Path, moment: str) -> None:
        output = tmp_path / "output"
        with output.open("w") as file:
            environment = os.environ | {"TMPDIR": str(tmp_path)}
            demo = psutil.Popen(self.COMMAND, cwd=PROJECT, env=environment, stdout=file, stderr=subprocess.STDOUT)
        eventually(lambda: moment in output.read_text(), seconds=START_SECONDS)
        processes = demo.children(recursive=True)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(STOP_SECONDS) == 130
        assert output.read_text().endswith("interrupted; everything is stopped\n")
        assert [process for process in processes if not is_gone(process)] == []
        assert list(tmp_path.iterdir()) == [output]
