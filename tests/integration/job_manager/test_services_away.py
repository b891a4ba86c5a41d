"""Promise 1: a broker that is away keeps no job from being accepted; a database that is away is said so, soon."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.errors import BrokerUnavailable, DatabaseUnavailable
from job_core.queue import JobQueue
from job_core.reconciler import Reconciler
from job_manager.outages import Outages
from job_tasks.job_tasks import core
from tests.integration.databases import read_only_database
from tests.integration.job_manager.conftest import StrictClient, manager_on
from tests.integration.job_store import KINDS, UNLIMITED, Store
from tests.integration.pausing import (
    Stopwatch,
    hung_broker,
    hung_database,
    refused_port,
    silent_port,
    with_port,
)
from tests.integration.queue import Queue, full, replica

BODY = {"url": "https://example.com/"}
WITHOUT_DATABASE = [("POST", "/count"), ("GET", "/jobs"), ("GET", f"/result/{UUID(int=1)}")]


@pytest.fixture
def reconciler(store: Store, servers: Servers) -> Reconciler:
    queue = JobQueue(core.name, core.kinds, servers.broker.url, timeout_seconds=2.0)
    return Reconciler(database=store.database, queue=queue, limits=UNLIMITED, kinds=KINDS)


def assert_accepted_within_a_second(client: StrictClient, store: Store) -> UUID:
    answer = client.post("/count", json=BODY)
    assert answer.status_code == 202
    assert client.seconds < 1
    job = store.job(UUID(answer.get_json()["id"]))
    assert job.published_at is None
    return job.id


def test_a_batch_that_a_busy_database_took_long_over_is_published_by_the_reconciler(
    client: StrictClient, store: Store, reconciler: Reconciler, queue: Queue
) -> None:
    """The manager cannot know whether the reconciler has taken the messages for lost meanwhile."""
    client.get("/readyz")
    with ThreadPoolExecutor(1) as caller:
        with store.database.transaction(20) as locking:
            locking.execute(text("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE"))
            answer = caller.submit(client.post, "/count", json={"urls": [BODY["url"], "https://example.org/"]})
            locking.execute(text("SELECT pg_sleep(2.2)"))
        assert answer.result(20).status_code == 202
    assert (store.count(), len(queue)) == (2, 0)
    published: list[int] = []

    def are_published() -> bool:
        # Rows of one batch are milliseconds apart. If one is due a round before the other, that is sent once the first
        # message is taken: until then it could still stand behind it.
        published.append(reconciler.round(judge_workers=True).published)
        for _ in range(published[-1]):
            queue.take()
        return sum(published) >= 2

    eventually(are_published)
    assert (sum(published), len(queue), reconciler.round(judge_workers=True).published) == (2, 0, 0)


class TestTheBroker:
    """It is away, and the job is accepted all the same."""

    def test_down(self, servers: Servers, store: Store, reconciler: Reconciler, queue: Queue) -> None:
        client = manager_on(servers, CELERY_BROKER_URL=with_port(servers.broker.url, refused_port()))
        job_id = assert_accepted_within_a_second(client, store)
        reconciler.round(judge_workers=True)
        assert queue.job_ids() == [job_id]

    def test_hung(
        self, client: StrictClient, servers: Servers, store: Store, reconciler: Reconciler, queue: Queue
    ) -> None:
        client.get("/readyz")
        with hung_broker(servers):
            job_id = assert_accepted_within_a_second(client, store)
        # What went out before may be taken in later: the message then comes twice, which the claim makes harmless.
        reconciler.round(judge_workers=True)
        assert set(queue.job_ids()) == {job_id}
        assert 1 <= len(queue) <= 2

    def test_silent(self, servers: Servers, store: Store) -> None:
        with silent_port() as port:
            client = manager_on(servers, CELERY_BROKER_URL=with_port(servers.broker.url, port))
            assert_accepted_within_a_second(client, store)

    def test_away_takes_a_batch_too(self, servers: Servers, store: Store) -> None:
        client = manager_on(servers, CELERY_BROKER_URL=with_port(servers.broker.url, refused_port()))
        answer = client.post("/count", json={"urls": [f"https://{number}.example.com/" for number in range(100)]})
        assert answer.status_code == 202
        assert store.count() == store.count("jobs WHERE published_at IS NULL") == 100

    def test_restarted_is_used_again_at_once(self, client: StrictClient, queue: Queue) -> None:
        client.post("/count", json=BODY)
        queue.redis.client_kill_filter(_type="normal", skipme=True)
        client.post("/count", json=BODY)
        assert len(queue) == 2


class TestTheDatabase:
    """It is away: 503 within 2 s, and nothing is half-accepted."""

    @pytest.mark.parametrize(("method", "path"), WITHOUT_DATABASE)
    def test_down(self, servers: Servers, queue: Queue, method: str, path: str) -> None:
        client = manager_on(servers, DATABASE_URL=with_port(servers.database.url, refused_port()))
        self.assert_unavailable_within_two_seconds(client, method, path)
        assert len(queue) == 0

    @pytest.mark.parametrize(("method", "path"), WITHOUT_DATABASE)
    def test_hung(
        self,
        client: StrictClient,
        servers: Servers,
        store: Store,
        queue: Queue,
        method: str,
        path: str,
    ) -> None:
        client.get("/readyz")  # so that a connection is there
        with hung_database(servers):
            self.assert_unavailable_within_two_seconds(client, method, path)
        others = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        eventually(lambda: store.sql(f"{others} AND state <> 'idle'") == [])
        assert store.count() == len(queue) == 0
        assert client.post("/count", json=BODY).status_code == 202

    def test_silent(self, servers: Servers) -> None:
        with silent_port() as port:
            client = manager_on(servers, DATABASE_URL=with_port(servers.database.url, port))
            self.assert_unavailable_within_two_seconds(client, "POST", "/count")

    def assert_unavailable_within_two_seconds(self, client: StrictClient, method: str, path: str) -> None:
        answer = client.open(path, method=method, json=BODY if method == "POST" else None)
        assert answer.status_code == 503
        assert client.seconds < 2
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.get_json(force=True) == {
            "type": "urn:job-manager:database-unavailable",
            "title": "The job store is not reachable",
            "status": 503,
            "detail": "The job store did not answer in time.",
        }


class TestHealth:
    """Alive is not ready."""

    def test_all_well(self, client: StrictClient) -> None:
        assert client.get("/healthz").get_json() == {"status": "alive"}
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["status"]) == (200, "ready")
        assert answer.get_json()["checks"] == {"database": "ok", "broker": "ok"}

    def test_live_workers_are_counted(self, client: StrictClient, store: Store) -> None:
        store.sql("UPDATE workers SET stopped_at = now()")
        assert client.get("/readyz").get_json()["workers"] == 0
        assert "No worker is running" in client.get("/").text
        worker_id = store.worker()
        assert client.get("/readyz").get_json()["workers"] == 1
        assert "No worker is running" not in client.get("/").text
        store.stop(worker_id)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["workers"]) == (200, 0)

    @pytest.mark.parametrize(
        ("key", "name", "reason"),
        [("CELERY_BROKER_URL", "broker", "not reachable"), ("DATABASE_URL", "database", "connection refused")],
        ids=["broker", "database"],
    )
    def test_the_one_that_is_away_is_named(self, servers: Servers, key: str, name: str, reason: str) -> None:
        url = servers.broker.url if name == "broker" else servers.database.url
        client = manager_on(servers, **{key: with_port(url, refused_port())})
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.get_json() == {
            "status": "not ready",
            "checks": {"database": "ok", "broker": "ok"} | {name: reason},
            "workers": None if name == "database" else client.get("/readyz").get_json()["workers"],
        }

    def test_a_hung_one_is_named_soon(self, client: StrictClient, servers: Servers) -> None:
        watch = Stopwatch()
        with hung_broker(servers), hung_database(servers):
            assert client.get("/readyz").get_json()["checks"] == {
                "database": "timed out",
                "broker": "timed out",
            }
        assert watch.seconds < 4


@contextmanager
def wrong_password(servers: Servers, service: str) -> Iterator[StrictClient]:
    key, url = {
        "broker": ("CELERY_BROKER_URL", servers.broker.url),
        "database": ("DATABASE_URL", servers.database.url),
    }[service]
    password = str(urlsplit(url).password)
    yield manager_on(servers, **{key: url.replace(password, f"not-{password}", 1)})


@contextmanager
def full_broker(servers: Servers) -> Iterator[StrictClient]:
    with Queue.at(servers.broker.url) as queue, full(queue):
        yield manager_on(servers)


@contextmanager
def copying_broker(servers: Servers) -> Iterator[StrictClient]:
    with Queue.at(servers.broker.url) as queue, replica(queue):
        yield manager_on(servers)


@contextmanager
def standby_database(servers: Servers) -> Iterator[StrictClient]:
    with read_only_database(servers):
        yield manager_on(servers)


@pytest.mark.parametrize(
    ("service", "reason", "trouble"),
    [
        pytest.param(
            *("broker", "wrong password", partial(wrong_password, service="broker")),
            id="the broker's password is wrong",
        ),
        pytest.param("broker", "out of memory", full_broker, id="the broker is full"),
        pytest.param("broker", "read-only", copying_broker, id="the broker is a replica"),
        pytest.param(
            *("database", "wrong password", partial(wrong_password, service="database")),
            id="the database's password is wrong",
        ),
        pytest.param(
            *("database", "read-only", standby_database),
            id="the database is a standby",
            marks=pytest.mark.direct("it is about connections of the server's that are new"),
        ),
    ],
)
def test_why_a_service_cannot_be_used_is_shown_and_logged_once(
    servers: Servers, service: str, reason: str, trouble: Callable[[Servers], AbstractContextManager[StrictClient]]
) -> None:
    with trouble(servers) as client, capture_logs() as logged:
        ready = client.get("/readyz")
        answers = [client.get("/metrics").text, *(client.post("/count", json=BODY).text for _ in range(3))]
    assert ready.status_code == 503
    assert ready.get_json()["checks"] == {"broker": "ok", "database": "ok"} | {service: reason}
    assert f"wordcount_{service}_up 0.0" in answers[0]
    warnings = [event for event in logged if event["log_level"] == "warning"]
    assert [(event["event"], event["service"], event["reason"]) for event in warnings] == [
        ("a service is away", service, reason)
    ], warnings
    assert warnings[0]["cause"]
    shown = "".join([ready.text, *answers])
    ports = [urlsplit(url).port for url in (servers.broker.url, servers.database.url)]
    assert not [port for port in ports if re.search(rf"\b{port}\b", shown)]


def test_a_cause_is_logged_again_when_it_changes_or_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    outages = Outages()
    reasons = ["timed out", "timed out", "wrong password", "timed out"]
    with capture_logs() as logged:
        for reason in reasons:
            outages.report(DatabaseUnavailable("It is away.", reason=reason))
        outages.report(BrokerUnavailable("It is away.", reason="timed out"))
        monkeypatch.setattr("job_manager.outages.REPEAT_SECONDS", 0.0)
        outages.report(DatabaseUnavailable("It is away.", reason="timed out"))
    assert [(event["service"], event["reason"]) for event in logged] == [
        ("database", "timed out"),
        ("database", "wrong password"),
        ("database", "timed out"),
        ("broker", "timed out"),
        ("database", "timed out"),
    ]
