"""Every setting of the stack, read once from the environment and checked at start.

`.env.example` explains each to the person who sets it. A secret may come from a file: `DATABASE_URL_FILE` names a file
that holds `DATABASE_URL`. An empty value counts as not set.
"""

import os
import sys
from collections.abc import Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError, model_validator

SECRETS = ("celery_broker_url", "database_url", "celery_result_backend")


class SettingsError(Exception):
    """One or more settings are missing or wrong. One line for each: its key, what it got and what it wants."""


def _split_list(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


Network = IPv4Network | IPv6Network


class Settings(BaseModel, frozen=True, extra="ignore", hide_input_in_errors=True):
    """The environment, typed. A field's name in capitals is its key."""

    celery_broker_url: SecretStr = Field(description="a Redis URL, like redis://:password@host:6379/0")
    database_url: SecretStr = Field(description="a PostgreSQL URL, like postgresql://user:password@host:5432/name")

    job_soft_time_limit_seconds: float = Field(60, gt=0)
    job_hard_time_limit_seconds: float = Field(90, gt=0)
    job_max_crashes: int = Field(3, ge=1, le=100)
    job_retention_hours: float = Field(24 * 30, gt=0)
    retry_base_seconds: float = Field(2, gt=0)
    retry_cap_seconds: float = Field(300, gt=0)

    fetch_connect_timeout_seconds: float = Field(5, gt=0)
    fetch_read_timeout_seconds: float = Field(10, gt=0)
    fetch_total_timeout_seconds: float = Field(30, gt=0)
    fetch_max_wire_bytes: int = Field(5_000_000, gt=0)
    fetch_max_decoded_bytes: int = Field(10_000_000, gt=0)
    fetch_max_redirects: int = Field(5, ge=0, le=20)
    fetch_allowed_ports: Annotated[tuple[int, ...], BeforeValidator(_split_list)] = (80, 443)
    fetch_allowed_private_networks: Annotated[tuple[Network, ...], BeforeValidator(_split_list)] = ()
    fetch_user_agent: str = Field("wordcount-stack/0.1 (counts the words of pages on request)", min_length=1)

    manager_processes: int = Field(2, ge=1, le=64)
    manager_threads: int = Field(32, ge=2, le=1_000)
    manager_max_backlog: int = Field(200_000, ge=1)
    manager_wait_callers: int = Field(16, ge=0, description="a number below MANAGER_THREADS")

    worker_concurrency: int = Field(4, ge=1, le=64)
    worker_stop_grace_seconds: float = Field(20, ge=0)
    worker_health_file: Path = Path("/tmp/job_worker.health")  # noqa: S108 - the container's own tmpfs
    scheduler_health_file: Path = Path("/tmp/job_scheduler.health")  # noqa: S108 - the container's own tmpfs

    log_format: Literal["json", "terminal"] = "terminal"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.job_hard_time_limit_seconds <= self.job_soft_time_limit_seconds:
            raise ValueError("JOB_HARD_TIME_LIMIT_SECONDS must be larger than JOB_SOFT_TIME_LIMIT_SECONDS")
        if self.manager_wait_callers >= self.manager_threads:
            raise ValueError("MANAGER_WAIT_CALLERS must be smaller than MANAGER_THREADS, so that submissions find one")
        if self.fetch_total_timeout_seconds >= self.job_soft_time_limit_seconds:
            raise ValueError("JOB_SOFT_TIME_LIMIT_SECONDS must be larger than FETCH_TOTAL_TIMEOUT_SECONDS")
        return self

    @model_validator(mode="after")
    def _check_urls(self) -> Self:
        if not self.celery_broker_url.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("CELERY_BROKER_URL must be a Redis URL, like redis://:password@host:6379/0")
        if not self.database_url.get_secret_value().startswith("postgresql+psycopg2://"):
            raise ValueError("DATABASE_URL must be a PostgreSQL URL, like postgresql://user:password@host/name")
        return self


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings out of `environment`; raises SettingsError that names every wrong key, and never shows a secret."""
    values = {key.lower(): value for key, value in environment.items() if value.strip()}
    for key in SECRETS:
        if (path := values.get(f"{key}_file")) is not None:
            values[key] = _read_secret(key, Path(path))
    # The lecture's name for where results land stands in for DATABASE_URL.
    url = values.get("database_url") or values.get("celery_result_backend", "").removeprefix("db+")
    if url:
        values["database_url"] = _with_driver(url)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, values))) from None


def _read_secret(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{key.upper()}_FILE: got {path}, which cannot be read ({type(error).__name__})") from error


def _with_driver(url: str) -> str:
    """SQLAlchemy 2.1 takes a bare `postgresql://` for psycopg 3; this stack uses psycopg2."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2{separator}{rest}" if scheme in {"postgresql", "postgres"} else url


def _explain(error: ValidationError, values: Mapping[str, str]) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        wanted = problem["msg"].removeprefix("Value error, ")
        if not name:
            lines.append(wanted)
        elif name not in values:
            lines.append(f"{name.upper()}: is not set; it wants {Settings.model_fields[name].description or wanted}")
        else:
            got = "a value that is kept secret" if name in SECRETS else repr(values[name])
            lines.append(f"{name.upper()}: got {got}; {wanted}")
    return lines


@cache
def settings() -> Settings:
    """The settings of this process. A wrong or missing one ends it with a line for each on standard error."""
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"settings are wrong:\n{error}\n")
        raise SystemExit(2) from error
