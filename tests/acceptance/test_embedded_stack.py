"""The whole stack as people start it without Docker: every service a process of its own."""

import http.client
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from pytest_httpserver import HTTPServer

from embedded.ports import LOOPBACK, free_ports
from job_tasks.api_keys import ApiKey, hash_key, make_key
from tests.waiting import eventually

PROJECT = Path(__file__).parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 60.0
SERVICES = {"job_manager", "job_worker_01", "job_worker_02", "job_scheduler", "job_viewer", "job_broker", "job_db"}
REFUSED_URL = "http://127.0.0.1/"
KEY = make_key()
FEW_PROCESSES = {"WORKER_CONCURRENCY": "2", "MANAGER_PROCESSES": "1"}  # the usual 24 and 2 take longer to start
MANAGER_API_KEYS = str(ApiKey(name="ci", sha256=hash_key(KEY)))


def is_gone(process: psutil.Process) -> bool:
    """Whether it runs no more; one that only waits to be reaped does not run."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Stack:
    """A run of `python -m embedded.up`, and a client of its manager."""

    def __init__(self, data: Path, output: Path, environment: dict[str, str] | None = None) -> None:
        self.manager_port, self.viewer_port = free_ports(2)
        ports = {"MANAGER_PORT": str(self.manager_port), "FLOWER_PORT": str(self.viewer_port)}
        self._output = output
        with output.open("w") as file:
            self.process = psutil.Popen(
                [sys.executable, "-m", "embedded.up", "--data", str(data)],
                cwd=PROJECT,
                env=os.environ | FEW_PROCESSES | ports | (environment or {}),
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_until_up(self) -> None:
        eventually(lambda: "The stack is up" in self.output or self.process.poll() is not None, seconds=START_SECONDS)
        assert self.process.poll() is None, self.output

    def processes(self) -> list[psutil.Process]:
        """All of its processes, the guard among them."""
        return list(self.process.children(recursive=True))

    def workers(self, name: str) -> list[psutil.Process]:
        """The main process of a worker; none while it is being started again."""
        children = [process for process in self.process.children() if not is_gone(process)]
        return [process for process in children if f"{name}@%h" in process.cmdline()]

    def is_ready(self) -> bool:
        """Whether it would accept and run a job."""
        return bool(self._ask("GET", "/readyz")["status"] == "ready")

    def count(self, url: str) -> dict[str, Any]:
        """The ended job that counts a page."""
        answer = self._ask("POST", "/count", {"url": url})
        return self.result(answer["id"])

    def result(self, job_id: str) -> dict[str, Any]:
        return self._ask("GET", f"/result/{job_id}?wait=20")

    def post(self, path: str, body: dict[str, str], *, key: str | None) -> requests.Response:
        """What the manager answers a caller with that API key, or with none."""
        known = {} if key is None else {"Authorization": f"Bearer {key}"}
        return requests.post(f"http://{LOOPBACK}:{self.manager_port}{path}", json=body, headers=known, timeout=30)

    def stop_worker_by_flower(self, worker: str) -> int:
        """The status with which Flower answers somebody who has logged in."""
        login = re.search(r"user (\w+), password (\S+)\)", self.output)
        assert login, self.output
        user, password = login.groups()
        url = f"http://{LOOPBACK}:{self.viewer_port}/api/worker/shutdown/{worker}"
        return requests.post(url, auth=(user, password), timeout=30).status_code

    def look_into(self, server: str, *arguments: str) -> str:
        """What the command says that the stack printed for that server."""
        eventually(lambda: "To look inside" in self.output, seconds=5)
        command = re.search(rf"^  {server} +(.+)$", self.output, re.MULTILINE)
        assert command, self.output
        return subprocess.run([*shlex.split(command[1]), *arguments], check=True, capture_output=True, text=True).stdout

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(LOOPBACK, self.manager_port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            answer: dict[str, Any] = json.load(connection.getresponse())
            return answer
        finally:
            connection.close()


@contextmanager
def running(tmp_path: Path, environment: dict[str, str] | None = None) -> Iterator[Stack]:
    stack = Stack(tmp_path / "data", tmp_path / "output", environment)
    try:
        stack.wait_until_up()
        yield stack
    finally:
        stack.end()


@pytest.fixture
def page(httpserver: HTTPServer) -> str:
    httpserver.expect_request("/page").respond_with_data("<p>Two words, two!</p>", content_type="text/html")
    return httpserver.url_for("/page")


@pytest.fixture
def fetch_settings(httpserver: HTTPServer) -> dict[str, str]:
    """What lets the stack fetch the test's page."""
    return {"FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8", "FETCH_ALLOWED_PORTS": str(httpserver.port)}


def test_a_stopped_stack_leaves_no_process_and_the_next_one_finds_its_results(
    tmp_path: Path,
    page: str,
    fetch_settings: dict[str, str],
) -> None:
    with running(tmp_path, fetch_settings) as stack:
        job = stack.count(page)
        assert job["status"] == "SUCCESS"
        assert job["result"]["top"] == [["two", 2], ["words", 1]]
        assert {log.stem for log in (tmp_path / "data" / "logs").iterdir()} == SERVICES | {"job_migrate"}
        processes = stack.processes()
        assert len(processes) > len(SERVICES)
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(STOP_SECONDS) == 0
        assert [process for process in processes if not is_gone(process)] == []
        assert stack.output.endswith("stopped\n")
    with running(tmp_path) as stack:
        assert stack.result(job["id"]) == job


def test_a_stack_that_was_killed_leaves_no_process_and_the_next_one_finds_its_results(
    tmp_path: Path,
    page: str,
    fetch_settings: dict[str, str],
) -> None:
    with running(tmp_path, fetch_settings) as stack:
        job = stack.count(page)
        processes = stack.processes()
        stack.process.kill()
        stack.process.wait(STOP_SECONDS)
    # Begun at once, while the guard of the killed one still ends its services.
    with running(tmp_path) as stack:
        assert [process for process in processes if not is_gone(process)] == []
        assert stack.result(job["id"]) == job


def test_a_taken_port_that_was_asked_for_is_an_error(tmp_path: Path, httpserver: HTTPServer) -> None:
    stack = Stack(tmp_path / "data", tmp_path / "output", {"MANAGER_PORT": str(httpserver.port)})
    assert stack.process.wait(STOP_SECONDS) == 1
    assert f"MANAGER_PORT: port {httpserver.port} is taken" in stack.output


def test_a_wrong_setting_is_an_error_that_names_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", tmp_path / "output", {"JOB_MAX_CRASHES": "many"})
    assert stack.process.wait(STOP_SECONDS) == 1
    assert "JOB_MAX_CRASHES: got 'many'" in stack.output


@pytest.fixture(scope="class")
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with secrets of a person's own, and with servers elsewhere, which are not for it."""
    settings = {
        "MANAGER_API_KEYS": MANAGER_API_KEYS,
        "FLOWER_READ_ONLY": "false",
        "WEBHOOK_SECRETS": "whsec_" + "b3du" * 10,
        "FETCH_ALLOWED_PRIVATE_NETWORKS": "192.0.2.0/24",  # RFC 5737: nobody is there
        "CELERY_BROKER_URL": "redis://broker.invalid/0",
        "CELERY_RESULT_BACKEND": "db+postgresql://database.invalid/jobs",
        "DATABASE_URL_FILE": "/nowhere",
    }
    with running(tmp_path_factory.mktemp("own_settings"), settings) as stack:
        yield stack


class TestSettingsOfOnesOwn:
    """What a person sets reaches the services, save where Redis and PostgreSQL are."""

    def test_nobody_is_let_in_without_a_key(self, own_settings: Stack) -> None:
        answers = [own_settings.post("/count", {"url": REFUSED_URL}, key=key) for key in (None, make_key(), KEY)]
        assert [answer.status_code for answer in answers] == [401, 401, 202]

    def test_a_job_may_have_a_webhook(self, own_settings: Stack) -> None:
        answer = own_settings.post("/count", {"url": REFUSED_URL, "callback_url": "https://192.0.2.1/"}, key=KEY)
        assert answer.status_code == 202, answer.text

    def test_flower_may_stop_workers_where_a_person_says_so(self, own_settings: Stack) -> None:
        assert own_settings.stop_worker_by_flower("no_such_worker") == 404


class TestDemo:
    """`make demo`, without the installing."""

    COMMAND = (sys.executable, "-m", "embedded.demo")

    def test_it_shows_the_words_of_its_page_and_ends_well(self) -> None:
        ended = subprocess.run(
            self.COMMAND, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=START_SECONDS
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert re.search(r"manager +http://127\.0\.0\.1:\d+\n +Flower +http://127\.0\.0\.1:\d+", ended.stdout)
        rows = re.findall(r"^  (\S[\w ]*?) +([\d,]+)$", ended.stdout, re.MULTILINE)
        assert rows[:3] == [("words", "282"), ("unique words", "153"), ("the", "37")]
        assert len(rows) == 12
        assert "hidden" not in dict(rows)

    def test_a_page_that_cannot_be_counted_is_told_with_its_reason(self) -> None:
        command = (*self.COMMAND, "--url", "http://127.0.0.1/")
        ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=START_SECONDS)
        assert ended.returncode == 1
        assert ended.stderr.startswith("the page was not counted: The address is refused")

    def test_it_asks_for_no_key(self) -> None:
        environment = os.environ | {"MANAGER_API_KEYS": MANAGER_API_KEYS, "MANAGER_API_KEYS_FILE": "/nowhere"}
        ended = subprocess.run(
            self.COMMAND,
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )
        assert (ended.returncode, ended.stderr) == (0, "")

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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    with running(folder) as stack:
        yield stack


class TestRunningStack:
    """What a stack that is up puts up with."""

    def test_a_second_one_on_the_same_data_is_refused(self, stack: Stack, folder: Path) -> None:
        other = Stack(folder / "data", folder / "other")
        assert other.process.wait(STOP_SECONDS) == 1
        data, pid = folder / "data", stack.process.pid
        assert f"a stack runs on {data} already (process {pid}); stop it first" in other.output
        assert stack.is_ready()

    def test_a_worker_that_was_killed_is_started_again(self, stack: Stack) -> None:
        (worker,) = stack.workers("job_worker_01")
        worker.kill()
        eventually(
            lambda: [process.pid for process in stack.workers("job_worker_01")] not in ([], [worker.pid]),
            seconds=STOP_SECONDS,
        )
        assert "job_worker_01 ended with SIGKILL; starting it again in 1 s" in stack.output

    def test_broker_and_database_can_be_looked_into(self, stack: Stack) -> None:
        stack.count(REFUSED_URL)
        assert stack.look_into("broker", "LLEN", "celery") == "0\n"
        assert stack.look_into("database", "-At", "-c", "SELECT state, url FROM jobs") == f"FAILURE|{REFUSED_URL}\n"

    def test_flower_stops_no_worker(self, stack: Stack) -> None:
        assert stack.stop_worker_by_flower(f"job_worker_02@{socket.gethostname()}") == 403

    def test_the_log_of_each_service_is_shown_under_its_name(self, stack: Stack) -> None:
        names = {line.split(" ", 1)[0] for line in stack.output.splitlines() if " | " in line}
        assert names >= SERVICES - {"job_migrate"}
