"""Every integration test finds the servers empty, and the settings pointing at them."""

from collections.abc import Iterator

import psycopg2
import pytest
import redis

from embedded.servers import Servers
from job_tasks.jobs.database import Database
from job_tasks.settings import read_settings, settings
from tests.integration.queue import Queue
from tests.integration.store import Store

# TRUNCATE makes new files for a table and its indexes, so only for those with rows.
EMPTY_ALL_TABLES = """
    DO $$ DECLARE
        name text;
        has_rows boolean;
    BEGIN
        FOR name IN
            SELECT format('%I', tablename) FROM pg_tables
            WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO has_rows;
            IF has_rows THEN EXECUTE format('TRUNCATE %s CASCADE', name); END IF;
        END LOOP;
    END $$
"""


@pytest.fixture(autouse=True)
def _empty_servers(servers: Servers) -> None:
    connection = psycopg2.connect(servers.database.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(EMPTY_ALL_TABLES)
    finally:
        connection.close()
    with redis.Redis.from_url(servers.broker.url) as client:
        client.flushall()


@pytest.fixture(autouse=True)
def _settings_of_servers(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CELERY_BROKER_URL", servers.broker.url)
    monkeypatch.setenv("DATABASE_URL", servers.database.url)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def store(servers: Servers) -> Store:
    """The job store on the real database. Its tables are empty at the start of every test."""
    needed = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    return Store(Database(read_settings(needed).database_url.get_secret_value(), pool_size=8))


@pytest.fixture
def queue(servers: Servers) -> Iterator[Queue]:
    with Queue.at(servers.broker.url) as queue:
        yield queue
