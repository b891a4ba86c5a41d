"""`GET /metrics` of the manager: true over all its processes, and answered whatever is away."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from flask.testing import FlaskClient
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from dev.waiting import eventually
from embedded.ports import free_ports
from embedded.servers import Servers
from tests.integration.job_manager.conftest import manager_on
from tests.integration.job_store import Store
from tests.integration.pausing import Stopwatch, hung_broker, hung_database, refused_port, silent_port, with_port
from tests.integration.queue import Queue

PROCESSES = 3
BODY = {"url": "https://example.com/"}
BY_DATABASE = {
    "wordcount_jobs",
    "wordcount_longest_wait_seconds",
    "wordcount_workers",
}


def families(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(text: str, name: str, **labels: str) -> float | None:
    """The sample of that name and those labels, of which there is one at most."""
    found = [
        sample.value
        for family in families(text).values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert len(found) <= 1, found
    return found[0] if found else None


class Deployed:
    """A manager of several processes."""

    def __init__(self, process: psutil.Process, url: str) -> None:
        self.process = process
        self.url = url

    def scrape(self) -> str:
        answer = requests.get(f"{self.url}/metrics", timeout=10)
        assert answer.status_code == 200
        return answer.text

    def submit(self, times: int) -> None:
        """Each over a connection of its own, which any of the processes may take."""
        for _ in range(times):
            assert requests.post(f"{self.url}/count", json=BODY, timeout=10).status_code == 202

    def accepted(self) -> float:
        return value(self.scrape(), "wordcount_jobs_accepted_total", kind="count") or 0

    def counting(self, folder: Path) -> int:
        """How many processes have counted something."""
        return len(list(folder.glob("counter_*.db")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("metrics")


@pytest.fixture(scope="module")
def deployed(servers: Servers, folder: Path) -> Iterator[Deployed]:
    (port,) = free_ports(1)
    command = (sys.executable, "-m", "gunicorn", "--config", "job_manager/gunicorn.conf.py")
    urls = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    settings = {"MANAGER_PROCESSES": str(PROCESSES), "METRICS_FOLDER": str(folder), "LOG_LEVEL": "WARNING"}
    process = psutil.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "job_manager.wsgi:app"],
        env=os.environ | urls | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        manager = Deployed(process, f"http://127.0.0.1:{port}")
        eventually(lambda: _answers(manager), seconds=60)
        yield manager
    finally:
        process.terminate()
        process.wait(30)


def _answers(manager: Deployed) -> bool:
    try:
        return requests.get(f"{manager.url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


class TestManyProcesses:
    """Whichever process is scraped, it shows what all of them counted."""

    def test_every_scrape_shows_the_same_sum(self, deployed: Deployed, folder: Path) -> None:
        before = deployed.accepted()
        deployed.submit(30)
        eventually(lambda: deployed.submit(1) or deployed.counting(folder) == PROCESSES, seconds=60)  # type: ignore[func-returns-value]
        sums = {deployed.accepted() for _ in range(20)}
        assert len(sums) == 1
        assert sums.pop() >= before + 31

    def test_what_a_killed_process_counted_stays(self, deployed: Deployed) -> None:
        deployed.submit(10)
        before = deployed.accepted()
        killed = deployed.process.children()[0]
        killed.send_signal(signal.SIGKILL)
        eventually(lambda: len({*deployed.process.children()} - {killed}) == PROCESSES, seconds=30)
        assert deployed.accepted() == before
        deployed.submit(5)
        assert deployed.accepted() == before + 5

    def test_gauges_do_not_double(self, deployed: Deployed, store: Store, queue: Queue) -> None:
        deployed.submit(4)
        held = store.claimed()
        scrapes = [deployed.scrape() for _ in range(10)]
        assert {value(text, "wordcount_jobs", state="PENDING") for text in scrapes} == {4}
        assert {value(text, "wordcount_jobs", state="STARTED") for text in scrapes} == {1}
        assert {value(text, "wordcount_messages") for text in scrapes} == {4}
        assert {value(text, "wordcount_workers") for text in scrapes} == {1}
        assert len(queue) == 4
        assert held


class TestServicesAway:
    """The answer comes within 2 s, says so, and leaves out what it cannot know."""

    def test_all_is_there(self, client: FlaskClient) -> None:
        shown = families(client.get("/metrics").text)
        assert {*BY_DATABASE, "wordcount_messages"} <= shown.keys()
        assert value(client.get("/metrics").text, "wordcount_database_up") == 1
        assert value(client.get("/metrics").text, "wordcount_broker_up") == 1

    def test_the_database_is_down(self, servers: Servers) -> None:
        self.assert_without_database(manager_on(servers, DATABASE_URL=with_port(servers.database.url, refused_port())))

    def test_the_database_is_silent(self, servers: Servers) -> None:
        with silent_port() as port:
            self.assert_without_database(manager_on(servers, DATABASE_URL=with_port(servers.database.url, port)))

    def test_the_broker_is_down(self, servers: Servers) -> None:
        client = manager_on(servers, CELERY_BROKER_URL=with_port(servers.broker.url, refused_port()))
        text = client.get("/metrics").text
        assert (value(text, "wordcount_database_up"), value(text, "wordcount_broker_up")) == (1, 0)
        assert "wordcount_messages" not in families(text)

    def test_both_hang(self, client: FlaskClient, servers: Servers) -> None:
        client.get("/metrics")  # so that connections are there
        with hung_broker(servers), hung_database(servers):
            watch = Stopwatch()
            text = client.get("/metrics").text
            assert watch.seconds < 2
        assert (value(text, "wordcount_database_up"), value(text, "wordcount_broker_up")) == (0, 0)

    def assert_without_database(self, client: FlaskClient) -> None:
        watch = Stopwatch()
        answer = client.get("/metrics")
        assert watch.seconds < 2
        assert answer.status_code == 200
        assert (value(answer.text, "wordcount_database_up"), value(answer.text, "wordcount_broker_up")) == (0, 1)
        assert not BY_DATABASE & families(answer.text).keys()


def test_answers_are_counted_by_their_route(client: FlaskClient, store: Store) -> None:
    def answers(**labels: str) -> float:
        return value(client.get("/metrics").text, "wordcount_http_requests_total", **labels) or 0

    found = {"method": "GET", "route": "/result/<job_id>", "status": "200"}
    nowhere = {"method": "GET", "route": "none", "status": "404"}
    before = answers(**found), answers(**nowhere)
    for _ in range(2):
        client.get(f"/result/{store.submit().id}")
    client.get("/no/such/path")
    assert (answers(**found), answers(**nowhere)) == (before[0] + 2, before[1] + 1)
