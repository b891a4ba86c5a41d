"""Every integration test finds the servers empty, and the settings pointing at them."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
import redis

from embedded.servers import Servers
from job_core.queue import JobQueue
from job_core.store.database import Database
from job_tasks.job_tasks import core
from job_tasks.settings import read_settings, settings
from tests.integration.job_store import Store
from tests.integration.kept_quotes import KeptQuotes
from tests.integration.queue import Queue

# TRUNCATE makes new files for a table and its indexes, which takes 60 ms; so it is for tables that have grown.
# What was made later refers to what was there before.
EMPTY_ALL_TABLES = """
    DO $$ DECLARE
        name text;
        bytes bigint;
    BEGIN
        FOR name, bytes IN
            SELECT format('%I', relname), pg_relation_size(oid) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
            ORDER BY oid DESC
        LOOP
            IF bytes > 65536 THEN EXECUTE format('TRUNCATE %s CASCADE', name);
            ELSIF bytes > 0 THEN EXECUTE format('DELETE FROM %s', name);
            END IF;
        END LOOP;
    END $$
"""


@pytest.fixture(autouse=True)
def _empty_servers(servers: Servers) -> None:
    with closing(psycopg2.connect(servers.database.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(EMPTY_ALL_TABLES)
    with redis.Redis.from_url(servers.broker.url) as client:
        client.flushall()


@pytest.fixture(autouse=True)
def _settings_of_servers(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CELERY_BROKER_URL", servers.broker.url)
    monkeypatch.setenv("DATABASE_URL", servers.database.url)
    _forget_settings()
    yield
    _forget_settings()


def _forget_settings() -> None:
    settings.cache_clear()
    vars(core).pop("config", None)


@pytest.fixture(scope="session")
def store(servers: Servers) -> Store:
    """The job store on the real database. Its tables are empty at the start of every test."""
    needed = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    return Store(Database(read_settings(needed).database_url.get_secret_value(), pool_size=8))


@pytest.fixture
def queue(servers: Servers) -> Iterator[Queue]:
    with Queue.at(servers.broker.url) as queue:
        yield queue


@pytest.fixture
def broker(servers: Servers) -> JobQueue:
    return JobQueue(core.name, core.kinds, servers.broker.url, timeout_seconds=2.0)


@pytest.fixture
def quotes(store: Store) -> Iterator[KeptQuotes]:
    """An empty store; in the end, its counts are compared with its rows."""
    kept = KeptQuotes(store)
    yield kept
    kept.check()
