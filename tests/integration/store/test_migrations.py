import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, inspect

from embedded.ports import free_ports
from embedded.servers import Servers
from job_core.errors import DatabaseUnavailable
from job_core.store import migrate
from job_core.store.tables import metadata
from job_manager.migrate import FURTHER
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


def test_the_tables_are_current_once_they_were_migrated(url: str) -> None:
    assert not migrate.is_current(url)
    migrate.migrate(url)
    assert migrate.is_current(url)


def test_tables_without_those_beside_them_are_not_current(url: str) -> None:
    migrate.migrate(url)
    assert not migrate.is_current(url, further=FURTHER)


def test_tables_of_a_newer_release_are_current(url: str, engine: Engine) -> None:
    migrate.migrate(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of a newer release'")
    assert migrate.is_current(url)


def test_a_database_that_is_away_is_not_taken_for_an_old_one() -> None:
    with pytest.raises(DatabaseUnavailable) as raised:
        migrate.is_current(f"postgresql+psycopg2://nobody@127.0.0.1:{free_ports(1)[0]}/jobs")
    assert raised.value.reason == "connection refused"


def test_who_waits_for_the_tables_ends_when_somebody_has_made_them(url: str) -> None:
    command = [sys.executable, "-m", "job_manager.migrate"]
    environment = os.environ | {"DATABASE_URL": url}
    waiting = subprocess.Popen([*command, "--wait"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == "waits for the tables: they are missing or too old\n"
        assert waiting.poll() is None
        subprocess.run(command, env=environment, check=True, timeout=60)
        assert waiting.communicate(timeout=60) == (None, "")
        assert waiting.returncode == 0
    finally:
        waiting.kill()


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
