"""Redis and PostgreSQL on a data folder of their own."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis

from dev.waiting import eventually
from embedded.data_folder import DataFolder
from embedded.postgres import PostgresServer
from embedded.servers import Servers, servers_on
from embedded.terminal import Terminal


@contextmanager
def running(path: Path) -> Iterator[Servers]:
    with servers_on(DataFolder(path), Terminal(StringIO()), temporary=False) as servers:
        servers.start()
        yield servers


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def test_both_keep_what_they_were_given_over_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as servers:
        ask(servers.database.url, "CREATE TABLE kept AS SELECT 'naïve' AS word")
        with redis.Redis.from_url(servers.broker.url) as client:
            client.rpush("celery", "a message")
    with running(tmp_path) as servers:
        assert ask(servers.database.url, "SELECT word, upper(word) FROM kept") == [("naïve", "NAÏVE")]
        with redis.Redis.from_url(servers.broker.url) as client:
            assert client.lrange("celery", 0, -1) == [b"a message"]


def test_neither_lets_anyone_in_without_the_password(tmp_path: Path) -> None:
    with running(tmp_path) as servers:
        passwords = DataFolder(tmp_path).passwords()
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            ask(servers.database.url.replace(passwords.database, "guessed"), "SELECT 1")
        guess = redis.Redis.from_url(servers.broker.url.replace(passwords.broker, "guessed"))
        with guess as client, pytest.raises(redis.AuthenticationError):
            client.ping()


def test_the_broker_refuses_when_full_rather_than_forget(tmp_path: Path) -> None:
    with running(tmp_path) as servers, redis.Redis.from_url(servers.broker.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_the_data_are_for_their_owner_alone(tmp_path: Path) -> None:
    with running(tmp_path):
        assert stat.S_IMODE((tmp_path / "database").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "broker" / "redis.conf").stat().st_mode) == 0o600


def arguments_of(process: psutil.Process) -> str:
    """None of one that has ended: PostgreSQL starts helpers that live for a moment."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def test_no_password_is_among_the_arguments_of_a_process(tmp_path: Path) -> None:
    with running(tmp_path):
        passwords = DataFolder(tmp_path).passwords()
        arguments = " ".join(arguments_of(child) for child in psutil.Process().children(recursive=True))
    assert "redis-server" in arguments
    assert "postgres" in arguments
    assert passwords.broker not in arguments
    assert passwords.database not in arguments


def test_a_server_that_was_killed_recovers(tmp_path: Path) -> None:
    others = psutil.Process().children()
    with running(tmp_path) as servers:
        ask(servers.database.url, "CREATE TABLE kept AS SELECT 1 AS number")
        (server,) = (
            child for child in psutil.Process().children() if child not in others and child.name() == "postgres"
        )
        helpers = server.children()
        server.kill()
        assert psutil.wait_procs(helpers, timeout=10)[1] == []
    assert (tmp_path / "database" / "postmaster.pid").exists()
    with running(tmp_path) as servers:
        assert ask(servers.database.url, "SELECT number FROM kept") == [(1,)]


def test_an_initialisation_that_was_broken_off_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "database.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with running(tmp_path) as servers:
        assert ask(servers.database.url, "SELECT 1") == [(1,)]
    assert not half.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the database as itself")
def test_root_runs_the_database_as_another_user_below_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with running(private / "data") as servers:
        users = {child.username() for child in psutil.Process().children() if child.name() == "postgres"}
        assert users == {"nobody"}
        assert ask(servers.database.url, "SELECT 1") == [(1,)]
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


class TestPidFileOfAKilledServer:
    """Its number may be another process' by now."""

    @pytest.fixture
    def database(self, tmp_path: Path) -> PostgresServer:
        server = PostgresServer(data=DataFolder(tmp_path), programs=tmp_path, account=None, port=1, durable=True)
        server.folder.mkdir()
        return server

    @pytest.fixture
    def run_as(self, tmp_path: Path) -> Iterator[Callable[[str], int]]:
        """Starts a process under a name of its own, and gives its number."""
        processes: list[subprocess.Popen[bytes]] = []

        def run(name: str) -> int:
            program = tmp_path / name
            shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
            processes.append(subprocess.Popen([program, "600"]))
            process = psutil.Process(processes[-1].pid)
            eventually(lambda: process.name() == name)
            return process.pid

        yield run
        for process in processes:
            process.kill()
            process.wait()

    def test_it_stays_if_that_is_a_server(self, database: PostgresServer, run_as: Callable[[str], int]) -> None:
        pid_file = write_pid_file(database, run_as("postgres"))
        database.prepare(pytest.fail)
        assert pid_file.exists()

    @pytest.mark.skipif(sys.platform != "linux", reason="the names of processes are read from /proc")
    def test_it_is_removed_if_that_is_another_program(
        self, database: PostgresServer, run_as: Callable[[str], int]
    ) -> None:
        pid_file = write_pid_file(database, run_as("editor"))
        database.prepare(pytest.fail)
        assert not pid_file.exists()


def write_pid_file(database: PostgresServer, pid: int) -> Path:
    file = database.folder / "postmaster.pid"
    file.write_text(f"{pid}\n{database.folder}\n")
    return file
