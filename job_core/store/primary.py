"""The server to connect to, out of those that a URL names: the one that takes writes.

A URL names several as libpq has it: `postgresql://user:password@one:5432,other:5432/name`. One of them is the primary,
the others stand by: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import extensions

from job_core.config import BY_SERVER, database_options
from job_core.name_lookup import ServiceName
from job_core.store.patience import DeadlineOver, Patience, current_patience, within


@dataclass(frozen=True, kw_only=True)
class Server:
    """One of them. `name` is None where there is nothing to look up: for a socket's folder, or a given address."""

    options: Mapping[str, Any]
    name: ServiceName | None

    def connect(self) -> extensions.connection:
        """A connection; raises psycopg2.OperationalError."""
        connection: extensions.connection = psycopg2.connect("", **{**self.options, **self._addresses()})
        return connection

    def _addresses(self) -> dict[str, str]:
        """Give libpq the addresses of its host: its own look-up waits in no callback."""
        if self.name is None:
            return {}
        try:
            addresses = self.name.addresses(max(0, current_patience().left_to_wait()))
        except TimeoutError as error:
            raise DeadlineOver from error
        except OSError as error:
            raise psycopg2.OperationalError("no address of the host is known") from error
        return {"host": ",".join([self.options["host"]] * len(addresses)), "hostaddr": ",".join(addresses)}


class Primary:
    """Connects to the server that takes writes, beginning with the one that did last. Not to be shared across a fork.

    libpq tries one after the other as well, but would wait for one that is silent until all the time is over. That one
    lets us in counts as no answer of the database's: PgBouncer does so whatever the database does.
    """

    def __init__(self, url: str) -> None:
        self._servers = _servers(database_options(url))

    def connect(self) -> extensions.connection:
        """A connection; raises psycopg2.OperationalError, with what each server said."""
        patience = current_patience()
        servers, failures = self._servers, list[psycopg2.OperationalError]()
        for number, server in enumerate(servers):
            try:
                with within(Patience(patience.left_to_wait() / (len(servers) - number))):
                    connection = server.connect()
            except psycopg2.OperationalError as error:
                failures.append(error)
            else:
                self._servers = [server, *servers[:number], *servers[number + 1 :]]
                return connection
        if len(failures) == 1:
            raise failures[0]
        raise psycopg2.OperationalError("; ".join(map(str, failures)))


def _servers(options: dict[str, str]) -> list[Server]:
    each = {key: options[key].split(",") for key in BY_SERVER & options.keys()}
    servers = []
    for number in range(max(map(len, each.values()), default=1)):
        own = options | {key: values[number if len(values) > 1 else 0] for key, values in each.items()}
        host = own.get("host", "")
        is_name = host and not host.startswith("/") and not own.get("hostaddr")
        servers.append(Server(options=own, name=ServiceName(host) if is_name else None))
    return servers
