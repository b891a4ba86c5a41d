"""Databases besides the one that all tests share."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
import pytest

from embedded.servers import Servers

new_connections = pytest.mark.direct("it is about connections of the server's that are new")


@contextmanager
def another_database(servers: Servers, name: str) -> Iterator[str]:
    """The URL of an empty database of the same server, which is dropped at the end."""
    _administer(servers, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(servers.database.url)._replace(scheme="postgresql+psycopg2", path=f"/{name}").geturl()
    finally:
        _administer(servers, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def read_only_database(servers: Servers) -> Iterator[None]:
    """Whoever connects meanwhile may read and not write, as on a standby."""
    name = urlsplit(servers.database.url).path.removeprefix("/")
    _administer(servers, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        yield
    finally:
        _administer(servers, f"ALTER DATABASE {name} RESET default_transaction_read_only")


def _administer(servers: Servers, statement: str) -> None:
    with closing(psycopg2.connect(servers.database.url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(statement)
