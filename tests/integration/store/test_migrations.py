import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, inspect

from embedded.servers import Servers
from job_core.store import migrate
from job_core.store.tables import metadata
from tests.integration.databases import another_database

ASKED_BY_FUNCTIONS_ONLY = {
    "jobs": {"worker_id", "worker_pid", "overdue_at", "progress"},
    "limit_pauses": {"since", "gap"},
    "deliveries": {"since"},
}


@pytest.fixture
def url(servers: Servers) -> Iterator[str]:
    """An empty database."""
    with another_database(servers, "migrated") as url:
        yield url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    yield engine
    engine.dispose()


def revision_of(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())


def tables_of(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_an_empty_database_gets_every_table(url: str, engine: Engine) -> None:
    migrate.migrate(url)
    assert tables_of(engine) == set(metadata.tables)


def test_migrating_again_changes_nothing(url: str, engine: Engine) -> None:
    migrate.migrate(url)
    before = revision_of(engine)
    migrate.migrate(url)
    assert revision_of(engine) == before


def test_two_at_once_do_it_once(url: str, engine: Engine) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "job_manager.migrate"],
            env=os.environ | {"DATABASE_URL": url},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0], ended
    assert tables_of(engine) > set(metadata.tables)  # and those of the crawls


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_the_tables_of_the_code_are_those_of_the_database(name: str, servers: Servers) -> None:
    engine = create_engine(servers.database.url.replace("postgresql", "postgresql+psycopg2", 1))
    table = metadata.tables[name]
    there = inspect(engine)
    columns = {column["name"]: column["type"].compile(engine.dialect) for column in there.get_columns(name)}
    known = {column.name: column.type.compile(engine.dialect) for column in table.columns}
    assert {column: type_ for column, type_ in columns.items() if column in known} == known
    assert columns.keys() - known.keys() == ASKED_BY_FUNCTIONS_ONLY.get(name, set())
    assert there.get_pk_constraint(name)["constrained_columns"] == [column.name for column in table.primary_key]
    engine.dispose()
