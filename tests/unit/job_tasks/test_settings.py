import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from job_core.config import database_options
from job_tasks.settings import SettingsError, read_settings
from page_fetch.limits import FetchLimits

BROKER = "redis://:broker-secret@broker:6379/0"
DATABASE = "postgresql://user:database-secret@database:5432/jobs"
NEEDED = {"CELERY_BROKER_URL": BROKER, "DATABASE_URL": DATABASE}


def lines_about(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        read_settings(NEEDED | changes)
    return str(raised.value).splitlines()


def database_url(environment: dict[str, str]) -> str:
    return read_settings({"CELERY_BROKER_URL": BROKER} | environment).database_url.get_secret_value()


def test_two_settings_are_enough() -> None:
    settings = read_settings(NEEDED)
    assert settings.celery_broker_url.get_secret_value() == BROKER
    assert settings.database_url.get_secret_value() == DATABASE
    assert (settings.job_soft_time_limit_seconds, settings.job_max_crashes, settings.log_format) == (60, 3, "terminal")


def test_a_database_url_may_name_several_servers() -> None:
    url = database_url({"DATABASE_URL": "postgresql://user:p%40ss@a:5432,b:5433/jobs?sslmode=require"})
    assert database_options(url) == {
        "user": "user",
        "password": "p@ss",
        "host": "a,b",
        "port": "5432,5433",
        "dbname": "jobs",
        "sslmode": "require",
        "target_session_attrs": "read-write",  # of several, the one that takes jobs is meant
    }
    assert "target_session_attrs" not in database_options(DATABASE)


def test_values_are_typed() -> None:
    settings = read_settings(
        NEEDED
        | {
            "JOB_MAX_CRASHES": "5",
            "RETRY_BASE_SECONDS": "0.5",
            "FETCH_ALLOWED_PORTS": "80, 8080,",
            "FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
            "SCHEDULER_HEALTH_FILE": "/run/health",
        }
    )
    assert settings.job_max_crashes == 5
    assert settings.retry_base_seconds == 0.5
    assert settings.fetch_allowed_ports == (80, 8080)
    assert settings.fetch_allowed_private_networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert settings.scheduler_health_file == Path("/run/health")


def test_the_broker_may_be_found_by_sentinels() -> None:
    url = "sentinel://:broker-secret@one:26379;sentinel://two:26379/0?master_name=jobs"
    assert read_settings(NEEDED | {"CELERY_BROKER_URL": url}).celery_broker_url.get_secret_value() == url


@pytest.mark.parametrize("empty", ["", "  ", "\t"])
def test_an_empty_value_counts_as_not_set(empty: str) -> None:
    assert read_settings(NEEDED | {"JOB_MAX_CRASHES": empty}).job_max_crashes == 3
    assert lines_about(DATABASE_URL=empty) == [
        "DATABASE_URL: is not set; it wants a PostgreSQL URL, like postgresql://user:password@host:5432/name"
    ]


@pytest.mark.parametrize(
    ("key", "value", "wants"),
    [
        ("JOB_MAX_CRASHES", "three", "integer"),
        ("JOB_MAX_CRASHES", "0", "greater than or equal to 1"),
        ("JOB_MAX_CRASHES", "101", "less than or equal to 100"),
        ("RETRY_BASE_SECONDS", "soon", "number"),
        ("RETRY_BASE_SECONDS", "0", "greater than 0"),
        ("RETRY_CAP_SECONDS", "inf", "finite"),
        ("JOB_RETENTION_HOURS", "nan", "finite"),
        ("JOB_RETENTION_HOURS", "1e300", "less than or equal to"),
        ("FETCH_ALLOWED_PORTS", "80,http", "integer"),
        ("FETCH_ALLOWED_PRIVATE_NETWORKS", "10.0.0.1/8", "has host bits set"),
        ("FETCH_ALLOWED_PRIVATE_NETWORKS", "here", "IPv4 or IPv6 network"),
        ("MANAGER_THREADS", "1", "greater than or equal to 2"),
        ("LOG_FORMAT", "xml", "'json' or 'terminal'"),
        ("LOG_LEVEL", "info", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("JOB_HARD_TIME_LIMIT_SECONDS", "60", "larger than JOB_SOFT_TIME_LIMIT_SECONDS (60)"),
        ("MANAGER_WAIT_CALLERS", "32", "smaller than MANAGER_THREADS (32)"),
        ("FETCH_TOTAL_TIMEOUT_SECONDS", "60", "smaller than JOB_SOFT_TIME_LIMIT_SECONDS (60)"),
    ],
)
def test_a_wrong_value_is_answered_by_its_key_what_it_got_and_what_it_wants(key: str, value: str, wants: str) -> None:
    (line,) = lines_about(**{key: value})
    assert line.startswith(f"{key}: got '{value}'; ")
    assert wants in line


def test_a_default_that_another_setting_makes_wrong_is_named_with_that_setting() -> None:
    assert lines_about(JOB_SOFT_TIME_LIMIT_SECONDS="100") == [
        "JOB_HARD_TIME_LIMIT_SECONDS: got its default, 90; it must be larger than JOB_SOFT_TIME_LIMIT_SECONDS (100)"
    ]


@pytest.mark.parametrize(
    ("key", "value", "wants"),
    [
        ("CELERY_BROKER_URL", "amqp://user:hidden@broker/", "a Redis URL, like redis://:password@host:6379/0"),
        ("CELERY_BROKER_URL", "redis://:hidden@broker:port/0", "a Redis URL, like redis://:password@host:6379/0"),
        ("CELERY_BROKER_URL", "sentinel://:hidden@one;sentinel://two", "one of sentinels, as .env.example shows"),
        ("CELERY_BROKER_URL", "redis:///0", "a Redis URL, like redis://:password@host:6379/0"),
        ("CELERY_BROKER_URL", "rediss://:hidden@/0", "a Redis URL, like redis://:password@host:6379/0"),
        ("CELERY_BROKER_URL", "redis://:6379/0", "a Redis URL, like redis://:password@host:6379/0"),
        ("DATABASE_URL", "mysql://user:hidden@database/", "a PostgreSQL URL, like postgresql://user:password@host"),
        ("DATABASE_URL", "postgresql://user:hidden@database:port/", "a PostgreSQL URL, like postgresql://user:"),
        ("DATABASE_URL", "postgresql://user:hidden@a:1,b:port/", "a PostgreSQL URL, like postgresql://user:password@"),
        ("DATABASE_URL", "postgresql://user:hidden@a,b/?port=1,2,3", "a PostgreSQL URL, like postgresql://user:"),
        ("DATABASE_URL", "hidden", "a PostgreSQL URL, like postgresql://user:password@host:5432/name"),
    ],
)
def test_a_wrong_secret_is_never_shown(key: str, value: str, wants: str) -> None:
    (line,) = lines_about(**{key: value})
    assert line.startswith(f"{key}: got a value that is kept secret; ")
    assert wants in line
    assert "hidden" not in line


def test_api_keys_are_names_and_hashes_on_lines_or_between_commas() -> None:
    one, other = ("ci:" + "0" * 64, "team.a:" + "f" * 64)
    for value in (f"{one},{other}", f"{one}\n{other}\n", f" {one} ,\n{other},"):
        assert [str(key) for key in read_settings(NEEDED | {"MANAGER_API_KEYS": value}).manager_api_keys] == [
            one,
            other,
        ]


@pytest.mark.parametrize(
    "value", ["wc_hidden", "hidden:" + "0" * 63, "hidden:" + "F" * 64, ":" + "0" * 64, "a b:hidden"]
)
def test_a_wrong_api_key_is_never_shown(value: str) -> None:
    (line,) = lines_about(MANAGER_API_KEYS=value)
    assert line == (
        "MANAGER_API_KEYS: got a value that is kept secret; "
        "it wants NAME:HASH, several of them with commas or line breaks between"
    )


def test_every_wrong_key_has_a_line() -> None:
    lines = lines_about(
        DATABASE_URL="mysql://", JOB_MAX_CRASHES="x", MANAGER_WAIT_CALLERS="-1", JOB_HARD_TIME_LIMIT_SECONDS="1"
    )
    assert {line.partition(":")[0] for line in lines} == {
        "DATABASE_URL",
        "JOB_MAX_CRASHES",
        "MANAGER_WAIT_CALLERS",
        "JOB_HARD_TIME_LIMIT_SECONDS",
    }


def test_settings_do_not_show_their_secrets() -> None:
    settings = read_settings(NEEDED)
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "broker-secret" not in shown
        assert "database-secret" not in shown


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{DATABASE}\n")
    assert database_url({"DATABASE_URL_FILE": str(file)}).endswith("database-secret@database:5432/jobs")


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert lines_about(DATABASE_URL_FILE=str(missing)) == [
        f"DATABASE_URL_FILE: got {missing}, which cannot be read (FileNotFoundError)"
    ]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "db+postgresql"])
def test_the_name_of_the_lecture_stands_in_for_the_database(scheme: str) -> None:
    url = database_url({"CELERY_RESULT_BACKEND": f"{scheme}://user@database/jobs"})
    assert url == f"{scheme.removeprefix('db+')}://user@database/jobs"


def test_the_database_url_goes_before_the_name_of_the_lecture() -> None:
    url = database_url({"DATABASE_URL": DATABASE, "CELERY_RESULT_BACKEND": "db+postgresql://other/jobs"})
    assert "other" not in url


def test_a_process_with_wrong_settings_ends_with_the_lines() -> None:
    wrong = NEEDED | {"JOB_MAX_CRASHES": "three", "LOG_FORMAT": "xml"}
    ended = subprocess.run(
        [sys.executable, "-m", "job_manager.migrate"],
        env={"PATH": os.environ["PATH"]} | wrong,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    first, *lines = ended.stderr.splitlines()
    assert first == "settings are wrong:"
    assert sorted(line.partition(";")[0] for line in lines) == [
        "JOB_MAX_CRASHES: got 'three'",
        "LOG_FORMAT: got 'xml'",
    ]


def test_the_limits_of_a_fetch_are_those_of_the_settings_and_by_default_its_own() -> None:
    assert read_settings(NEEDED).fetch_limits == FetchLimits()
    changed = {
        "FETCH_CONNECT_TIMEOUT_SECONDS": "1",
        "FETCH_READ_TIMEOUT_SECONDS": "2",
        "FETCH_TOTAL_TIMEOUT_SECONDS": "3",
        "FETCH_MAX_WIRE_BYTES": "4",
        "FETCH_MAX_DECODED_BYTES": "5",
        "FETCH_MAX_REDIRECTS": "6",
        "FETCH_ALLOWED_PORTS": "7,8",
        "FETCH_ALLOWED_PRIVATE_NETWORKS": "10.0.0.0/8",
        "FETCH_PRACTICE_SITE": "127.0.0.1:9",
        "FETCH_USER_AGENT": "tester/1",
    }
    assert read_settings(NEEDED | changed).fetch_limits == FetchLimits(
        connect_timeout_seconds=1,
        read_timeout_seconds=2,
        total_timeout_seconds=3,
        max_wire_bytes=4,
        max_decoded_bytes=5,
        max_redirects=6,
        allowed_ports=(7, 8),
        allowed_private_networks=(ip_network("10.0.0.0/8"),),
        practice_site=("127.0.0.1", 9),
        user_agent="tester/1",
    )
