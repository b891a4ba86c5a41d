"""Several servers in a URL: the one that takes writes is found, whatever the others do."""

from urllib.parse import urlsplit

import pytest

from embedded.ports import LOOPBACK
from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.store.database import Database
from tests.integration.databases import new_connections, read_only_database
from tests.integration.job_store import Store
from tests.integration.pausing import Stopwatch, refused_port, silent_port

SECONDS = 4.0


def url_of(servers: Servers, *ports: int, query: str = "") -> str:
    """A URL with these ports on loopback, in libpq's form."""
    parts = urlsplit(servers.database.url)
    hosts = ",".join(f"{LOOPBACK}:{port}" for port in ports)
    return f"postgresql://{parts.username}:{parts.password}@{hosts}{parts.path}{query}"


def port_of(servers: Servers) -> int:
    port = urlsplit(servers.database.url).port
    assert port
    return port


def test_one_that_refuses_is_passed_over(servers: Servers) -> None:
    url = url_of(servers, refused_port(), port_of(servers), query="?target_session_attrs=read-write")
    Database(url, pool_size=1).ping(SECONDS)


def test_one_that_is_silent_takes_its_share_of_the_time_and_is_asked_last_from_then_on(servers: Servers) -> None:
    with silent_port() as port:
        database = Database(url_of(servers, port, port_of(servers)), pool_size=2)
        database.ping(SECONDS)
        watch = Stopwatch()
        with database.reading():  # so that the next one needs a connection of its own
            database.ping(SECONDS)
        assert watch.seconds < SECONDS / 2


def test_where_none_can_be_had_each_is_asked_within_the_time(servers: Servers) -> None:
    watch = Stopwatch()
    with silent_port() as one, silent_port() as other, pytest.raises(DatabaseUnavailable) as raised:
        Database(url_of(servers, one, other), pool_size=1).ping(1.0)
    assert raised.value.reason == "timed out"
    assert watch.seconds < SECONDS / 2


@new_connections
def test_none_that_only_reads_is_taken_unless_it_is_the_only_one(servers: Servers, store: Store) -> None:
    store.sql("ALTER ROLE CURRENT_USER SET default_transaction_read_only = on")  # for new connections
    try:
        port = port_of(servers)
        with pytest.raises(DatabaseUnavailable) as raised:
            Database(url_of(servers, port, port), pool_size=1).call("SELECT 1")
        assert raised.value.reason == "read-only"
        assert Database(url_of(servers, port), pool_size=1).call("SELECT 1") == [(1,)]
    finally:
        store.sql("ALTER ROLE CURRENT_USER RESET default_transaction_read_only")


@new_connections
def test_when_one_connection_finds_the_database_read_only_all_of_the_pool_are_made_again(servers: Servers) -> None:
    database = Database(servers.database.url, pool_size=2)
    write = "UPDATE jobs SET kind = kind RETURNING id"
    with read_only_database(servers):  # whoever connects meanwhile
        with database.reading() as one:
            ((first,),) = database.call("SELECT pg_backend_pid()")
            second = one.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with pytest.raises(DatabaseUnavailable):
            database.call(write)
    with database.reading() as one:
        assert database.call("SELECT pg_backend_pid()")[0][0] not in {first, second}
        assert one.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() not in {first, second}
    database.call(write)
