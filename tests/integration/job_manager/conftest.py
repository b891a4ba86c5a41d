"""The manager on the real servers: in this process by Flask's client, and as the gunicorn process that is deployed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dev.waiting import eventually
from embedded.ports import free_ports
from embedded.servers import Servers
from job_manager.app import create_app
from job_tasks.settings import read_settings
from tests.conformance import Description, is_for_people
from tests.integration.pausing import Stopwatch

THREADS = 24
PLACES = 16
STREAMS = 16
HASTY = "tests.integration.job_manager.hasty.HastyWorker"
WEBHOOK_SECRET = "whsec_" + "c2VjcmV0" * 4


def described(**changes: str) -> dict[str, Any]:
    """The description of a manager set by `changes`, for which no server is needed."""
    nowhere = {"CELERY_BROKER_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://user@127.0.0.1:1/jobs"}
    document: dict[str, Any] = (
        create_app(read_settings(nowhere | changes)).test_client().get("/openapi.json").get_json()
    )
    return document


KEPT: list[FlaskClient] = []  # else the collector may close a manager's sockets in the midst of another test


class StrictClient(FlaskClient):
    """Fails where the manager answers what it never should, or what its own description does not say."""

    description: ClassVar[Description]
    seconds: float  # how long the manager took for its latest answer, the checks here left out

    def open(self, *arguments: Any, **keywords: Any) -> TestResponse:
        watch = Stopwatch()
        answer = super().open(*arguments, **keywords)
        self.seconds = watch.seconds
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        if answer.status_code >= 400 and answer.request.path != "/readyz" and not is_for_people(answer.request.path):
            assert answer.content_type == "application/problem+json"
            assert answer.get_json(force=True).items() >= {"status": answer.status_code}.items()
        self.description.check(answer)
        return answer


def manager_on(servers: Servers, **changes: str) -> StrictClient:
    """A client of a manager in this process, set by `changes`."""
    urls = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    app = create_app(read_settings(urls | changes))
    document = app.test_client().get("/openapi.json").get_json()

    class DescribedClient(StrictClient):
        description = Description(document)

    KEPT.append(client := DescribedClient(app, app.response_class))
    return client


@pytest.fixture
def web(servers: Servers) -> FlaskClient:
    """A client that is no API's: errors are pages."""
    client = manager_on(servers)
    client.application.test_client_class = FlaskClient
    return client.application.test_client()


@pytest.fixture(scope="session")
def client(servers: Servers) -> StrictClient:
    return manager_on(servers, WEBHOOK_SECRETS=WEBHOOK_SECRET)


@pytest.fixture(scope="session")
def manager_url(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A manager as it is deployed, of one process with THREADS threads and PLACES places for waiting callers."""
    log = tmp_path_factory.mktemp("manager") / "log"
    (port,) = free_ports(1)
    with (
        deployed_manager(
            servers,
            port,
            log,
            MANAGER_THREADS=str(THREADS),
            MANAGER_WAIT_CALLERS=str(PLACES),
            MANAGER_STREAMS=str(STREAMS),
        ),
        answers_checked(f"http://127.0.0.1:{port}"),
    ):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def deployed_manager(
    servers: Servers, port: int, log: Path, worker_class: str = HASTY, **changes: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A manager of one process under gunicorn, set by `changes`; it answers, and stops with the `with` block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--config", "job_manager/gunicorn.conf.py"),
                *("--bind", f"127.0.0.1:{port}", "--worker-class", worker_class, "job_manager.wsgi:app"),
            ],
            env=os.environ
            | {
                "CELERY_BROKER_URL": servers.broker.url,
                "DATABASE_URL": servers.database.url,
                "MANAGER_PROCESSES": "1",
                "WEBHOOK_SECRETS": WEBHOOK_SECRET,
                "METRICS_FOLDER": str(log.with_name("metrics")),
            }
            | changes,
            stdout=output,
            stderr=output,
        )
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}", process, log), seconds=60)
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def answers_checked(manager_url: str) -> Iterator[None]:
    """Meanwhile, every answer of that manager that `requests` gets is held against its description.

    `came` of an answer is when it was there: the first check of its kind compiles schemas, for more than a second. One
    answer is checked at a time, so that those that come meanwhile are seen.
    """
    description = Description.of(manager_url)
    send = requests.Session.send
    checking = Lock()

    def send_and_check(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
        answer: Any = send(session, request, **options)
        answer.came = time.monotonic()
        if (request.url or "").startswith(manager_url):
            with checking:
                description.check(answer)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", send_and_check)
        yield


def _answers(url: str, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, log.read_text(encoding="utf-8")
    try:
        return requests.get(f"{url}/readyz", timeout=5).ok
    except requests.RequestException:
        return False
