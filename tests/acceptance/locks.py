"""What somebody at a console has locked, and forgotten."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2

from dev.stack import Stack


@contextmanager
def locked(stack: Stack, statement: str, *values: object) -> Iterator[None]:
    """A transaction in which the statement was executed stays open during the block, and is then rolled back."""
    with closing(psycopg2.connect(stack.servers.database.url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        yield
