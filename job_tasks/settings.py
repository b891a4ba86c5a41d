"""Every setting of the stack, read once from the environment and checked at start.

`.env.example` explains each to the person who sets it. A secret may come from a file: `DATABASE_URL_FILE` names a file
that holds `DATABASE_URL`. An empty value counts as not set.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from job_core.broker_url import read_sentinels
from job_core.config import MIN_CONCURRENCY, CoreConfig, Limits, RetryPolicy, database_options
from job_core.webhooks import check_secret
from job_tasks.api_keys import ApiKey, read_api_key
from page_fetch.limits import FetchLimits

DEMO_SECRET = ":demo-"  # noqa: S105 - how each password begins that docker-compose.yml has by default
SERVER_URLS = ("celery_broker_url", "database_url", "celery_result_backend")
SECRETS = (*SERVER_URLS, "manager_api_keys", "webhook_secrets")
DATABASE_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg2://")
URL_SCHEMES = {"celery_broker_url": ("redis://", "rediss://"), "database_url": DATABASE_SCHEMES}
MAX_PORT = 65_535
SMALLER_THAN = {
    "fetch_total_timeout_seconds": "job_soft_time_limit_seconds",
    "manager_wait_callers": "manager_threads",  # so that submissions find a thread
}


class SettingsError(Exception):
    """One or more settings are missing or wrong. One line for each: its key, what it got and what it wants."""


def _split_list(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _split_lines(value: object) -> object:
    return [line for line in re.split(r"[,\s]+", value) if line] if isinstance(value, str) else value


def _read_address(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, _, port = value.rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 1 <= int(port) <= MAX_PORT):
        raise ValueError("it wants a host and a port, like practice_site.:8000")
    return host, int(port)


def _read_api_keys(value: object) -> object:
    lines = _split_lines(value)
    return [read_api_key(line) for line in lines] if isinstance(lines, list) else value


def _check_url(url: SecretStr, info: ValidationInfo) -> SecretStr:
    text = url.get_secret_value()
    wanted = Settings.model_fields[str(info.field_name)].description
    is_broker = info.field_name == "celery_broker_url"
    try:
        if is_broker and read_sentinels(text):
            return url
        if is_broker:
            host, _port = urlsplit(text).hostname, urlsplit(text).port  # raises for a port that is no number
        else:
            host = database_options(text).get("host")  # none, where a socket's folder is meant
    except ValueError:
        raise ValueError(f"it wants {wanted}") from None
    # A database URL may name its server otherwise: a socket's folder, say.
    if not text.startswith(URL_SCHEMES[str(info.field_name)]) or (is_broker and not host):
        raise ValueError(f"it wants {wanted}")
    return url


Url = Annotated[SecretStr, AfterValidator(_check_url)]
WebhookSecret = Annotated[SecretStr, AfterValidator(check_secret)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(ip_network)]


class Settings(BaseModel):
    """The environment, typed. A field's name in capitals is its key."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True, allow_inf_nan=False
    )

    celery_broker_url: Url = Field(
        description="a Redis URL, like redis://:password@host:6379/0, or one of sentinels, as .env.example shows"
    )
    database_url: Url = Field(description="a PostgreSQL URL, like postgresql://user:password@host:5432/name")

    job_soft_time_limit_seconds: float = Field(60, gt=0)
    job_hard_time_limit_seconds: float = Field(90, gt=0)
    job_max_crashes: int = Field(3, ge=1, le=100)
    job_retention_hours: float = Field(24 * 30, gt=0, le=24 * 366 * 100)
    retry_base_seconds: float = Field(2, gt=0, le=86_400)
    retry_cap_seconds: float = Field(300, gt=0, le=86_400)

    fetch_connect_timeout_seconds: float = Field(FetchLimits.connect_timeout_seconds, gt=0)
    fetch_read_timeout_seconds: float = Field(FetchLimits.read_timeout_seconds, gt=0)
    fetch_total_timeout_seconds: float = Field(FetchLimits.total_timeout_seconds, gt=0)
    fetch_max_wire_bytes: int = Field(FetchLimits.max_wire_bytes, gt=0)
    fetch_max_decoded_bytes: int = Field(FetchLimits.max_decoded_bytes, gt=0)
    fetch_max_redirects: int = Field(FetchLimits.max_redirects, ge=0, le=20)
    fetch_allowed_ports: Annotated[tuple[int, ...], BeforeValidator(_split_list)] = FetchLimits.allowed_ports
    fetch_allowed_private_networks: Annotated[tuple[Network, ...], BeforeValidator(_split_list)] = (
        FetchLimits.allowed_private_networks
    )
    fetch_practice_site: Annotated[tuple[str, int] | None, BeforeValidator(_read_address)] = FetchLimits.practice_site
    fetch_max_per_host: int = Field(8, ge=1, le=1_000)
    fetch_host_gap_seconds: float = Field(0, ge=0, le=3_600)
    fetch_user_agent: str = Field(FetchLimits.user_agent, min_length=1)

    crawl_own_hosts: Annotated[tuple[str, ...], BeforeValidator(_split_list)] = ()

    manager_api_keys: Annotated[tuple[ApiKey, ...], BeforeValidator(_read_api_keys)] = ()
    manager_processes: int = Field(2, ge=1, le=64)
    manager_threads: int = Field(32, ge=2, le=1_000)
    manager_max_backlog: int = Field(200_000, ge=1)
    manager_wait_callers: int = Field(16, ge=0, description="a number below MANAGER_THREADS")
    manager_streams: int = Field(250, ge=0, le=2_000)

    flower_url: str = Field("http://localhost:8888", pattern=r"^https?://[^\s]+$")

    webhook_secrets: Annotated[tuple[WebhookSecret, ...], BeforeValidator(_split_lines)] = ()

    worker_concurrency: int = Field(24, ge=1, le=64)
    worker_min_concurrency: int = Field(MIN_CONCURRENCY, ge=1)
    worker_child_memory_mb: int = Field(512, ge=256, le=65_536)
    worker_stop_grace_seconds: float = Field(20, ge=0)
    worker_health_file: Path = Path("/tmp/job_worker.health")  # noqa: S108 - the container's own tmpfs
    scheduler_health_file: Path = Path("/tmp/job_scheduler.health")  # noqa: S108 - the container's own tmpfs

    # Where worker and scheduler serve their figures, and where processes that fork from one another share them.
    metrics_address: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")
    metrics_port: int = Field(9464, ge=0, le=MAX_PORT)
    metrics_folder: Path = Path("/tmp/job_metrics")  # noqa: S108 - the container's own tmpfs

    # Where containers publish the manager and Flower, and how Flower lets people in: here to refuse the demo's secrets.
    flower_basic_auth: SecretStr | None = None
    bind_address: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")

    log_format: Literal["json", "terminal"] = "terminal"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def fetch_limits(self) -> FetchLimits:
        """The limits of one fetch; those without a setting keep their defaults."""
        names = [field.name for field in fields(FetchLimits) if f"fetch_{field.name}" in Settings.model_fields]
        return FetchLimits(**{name: getattr(self, f"fetch_{name}") for name in names})

    @field_validator(*SMALLER_THAN)
    @classmethod
    def _check_order(cls, value: float, info: ValidationInfo) -> float:
        larger = SMALLER_THAN[str(info.field_name)]
        if larger in info.data and value >= info.data[larger]:
            raise ValueError(f"it must be smaller than {larger.upper()} ({info.data[larger]:g})")
        return value

    @field_validator("job_hard_time_limit_seconds")
    @classmethod
    def _check_hard_limit(cls, value: float, info: ValidationInfo) -> float:
        soft = info.data.get("job_soft_time_limit_seconds", 0)
        if value <= soft:
            raise ValueError(f"it must be larger than JOB_SOFT_TIME_LIMIT_SECONDS ({soft:g})")
        return value

    @field_validator("bind_address")
    @classmethod
    def _refuse_demo_secrets(cls, value: IPv4Address | IPv6Address, info: ValidationInfo) -> IPv4Address | IPv6Address:
        secrets = [info.data.get(key) for key in ("celery_broker_url", "database_url", "flower_basic_auth")]
        if not value.is_loopback and any(secret and DEMO_SECRET in secret.get_secret_value() for secret in secrets):
            raise ValueError(
                "other machines may reach it, and secrets are the demo's, which everyone knows. Set REDIS_PASSWORD, "
                "DATABASE_PASSWORD, DATABASE_OWNER_PASSWORD, POSTGRES_PASSWORD and FLOWER_BASIC_AUTH first; a database "
                "that was made with the demo's keeps them: see .env.example"
            )
        return value


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings out of `environment`; raises SettingsError that names every wrong key, and never shows a secret."""
    values = {key.lower(): value for key, value in environment.items() if value.strip()}
    for key in SECRETS:
        if (path := values.get(f"{key}_file")) is not None:
            values[key] = _read_secret(key, Path(path))
    # The lecture's name for where results land stands in for DATABASE_URL.
    url = values.get("database_url") or values.get("celery_result_backend", "")
    if url:
        values["database_url"] = url.removeprefix("db+")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, values))) from None


def _read_secret(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{key.upper()}_FILE: got {path}, which cannot be read ({type(error).__name__})") from error


def _explain(error: ValidationError, values: Mapping[str, str]) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0])
        field = Settings.model_fields[name]
        if problem["type"] == "missing":
            yield f"{name.upper()}: is not set; it wants {field.description}"
        else:
            wanted = problem["msg"].removeprefix("Value error, ")
            yield f"{name.upper()}: got {_got(name, field.default, values)}; {wanted}"


def _got(name: str, default: object, values: Mapping[str, str]) -> str:
    if name in SECRETS:
        return "a value that is kept secret"
    return repr(values[name]) if name in values else f"its default, {default!r}"


def core_config() -> CoreConfig:
    """What the core of the stack is to be like, by the settings of this process."""
    wanted = settings()
    return CoreConfig(
        broker_url=wanted.celery_broker_url.get_secret_value(),
        database_url=wanted.database_url.get_secret_value(),
        limits=Limits(at_once=wanted.fetch_max_per_host, gap_seconds=wanted.fetch_host_gap_seconds),
        retry=RetryPolicy(base_seconds=wanted.retry_base_seconds, cap_seconds=wanted.retry_cap_seconds),
        soft_time_limit_seconds=wanted.job_soft_time_limit_seconds,
        hard_time_limit_seconds=wanted.job_hard_time_limit_seconds,
        max_crashes=wanted.job_max_crashes,
        retention_hours=wanted.job_retention_hours,
        worker_concurrency=wanted.worker_concurrency,
        worker_min_concurrency=wanted.worker_min_concurrency,
        worker_child_memory_mb=wanted.worker_child_memory_mb,
        worker_stop_grace_seconds=wanted.worker_stop_grace_seconds,
    )


@cache
def settings() -> Settings:
    """The settings of this process. A wrong or missing one ends it with a line for each on standard error."""
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"settings are wrong:\n{error}\n")
        raise SystemExit(2) from error


def main(names: Sequence[str]) -> None:
    """Check the settings, and print those that are named."""
    found = settings()
    sys.stdout.writelines(f"{getattr(found, name)}\n" for name in names)


if __name__ == "__main__":
    main(sys.argv[1:])
