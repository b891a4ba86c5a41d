"""The manager recovers from a database that is slow or crowded, and from jobs that are deleted beside it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import requests

from dev.proxy import Proxy
from dev.waiting import eventually
from embedded.ports import LOOPBACK, free_ports
from embedded.servers import Servers
from job_core.store import retention
from tests.integration.job_manager.conftest import THREADS, deployed_manager
from tests.integration.job_store import Store
from tests.integration.pausing import with_port

URL = "https://example.com/"
RECOVERED_SECONDS = 30.0
OUTAGE_SECONDS = 5.0  # long against every deadline of the manager


def submit(manager_url: str, key: str | None = None) -> requests.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return requests.post(f"{manager_url}/count", json={"url": URL}, headers=headers, timeout=30)


def ask_for_a_while(manager_url: str, seconds: float) -> set[int]:
    """What many callers got meanwhile."""
    ends = time.monotonic() + seconds
    statuses: set[int] = set()

    def ask() -> None:
        while time.monotonic() < ends:
            statuses.add(submit(manager_url).status_code)
            statuses.add(requests.get(f"{manager_url}/jobs", timeout=30).status_code)

    with ThreadPoolExecutor(THREADS) as callers:
        for asking in [callers.submit(ask) for _ in range(THREADS)]:
            asking.result()
    return statuses


def assert_recovers(manager_url: str) -> None:
    """All threads at once get what they ask for."""

    def all_are_served() -> bool:
        with ThreadPoolExecutor(THREADS) as callers:
            return {answer.status_code for answer in callers.map(submit, [manager_url] * THREADS)} == {202}

    eventually(all_are_served, seconds=RECOVERED_SECONDS)


def test_a_database_that_answers_each_question_late(servers: Servers, tmp_path: Path) -> None:
    proxy_port, port = free_ports(2)
    proxy = Proxy(proxy_port, urlsplit(servers.database.url).port or 0)
    url = f"http://{LOOPBACK}:{port}"
    try:
        with deployed_manager(
            servers, port, tmp_path / "log", DATABASE_URL=with_port(servers.database.url, proxy_port)
        ):
            assert submit(url).status_code == 202
            proxy.late_seconds = 0.5
            assert ask_for_a_while(url, OUTAGE_SECONDS) <= {200, 202, 503}
            proxy.late_seconds = 0.0
            assert_recovers(url)
    finally:
        proxy.close()


def test_all_connections_are_taken_by_somebody_else(manager_url: str, store: Store, servers: Servers) -> None:
    assert submit(manager_url).status_code == 202
    store.sql(
        "SELECT pg_terminate_backend(pid, 4000) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with ExitStack() as others:
        with suppress(psycopg2.OperationalError):  # until there are no more
            while True:
                others.enter_context(closing(psycopg2.connect(servers.database.url)))
        assert ask_for_a_while(manager_url, OUTAGE_SECONDS) <= {200, 202, 503}
    assert_recovers(manager_url)


def test_retention_deletes_what_keys_are_repeated_for(manager_url: str, store: Store) -> None:
    keys = [str(number) for number in range(20)]
    for key in keys:
        assert submit(manager_url, key).status_code == 202
    store.sql("UPDATE jobs SET state = 'REVOKED', finished_at = now() - interval '1 hour', parked_at = NULL")
    is_over = threading.Event()
    statuses: set[int] = set()

    def repeat() -> None:
        while not is_over.is_set():
            statuses.update(submit(manager_url, key).status_code for key in keys)

    with ThreadPoolExecutor(4) as callers:
        repeating = [callers.submit(repeat) for _ in range(4)]
        try:
            eventually(lambda: 202 in statuses)
            with store.database.transaction() as connection:
                assert retention.delete_ended(connection, timedelta(minutes=1)) == len(keys)
            eventually(lambda: 404 in statuses)
        finally:
            is_over.set()
        for each in repeating:
            each.result()
    assert statuses == {202, 404}
    assert store.count() == 0
    assert {submit(manager_url, key).status_code for key in keys} == {404}
    assert submit(manager_url, "new").status_code == 202
