"""The broker's URL where one Redis takes the place of another: it names the sentinels, who know which is the master.

`sentinel://:password@h1:26379;sentinel://h2:26379;sentinel://h3:26379/0?master_name=jobs`: the login, the master's, may
stand in any address, and `&sentinel_password=` follows where the sentinels have a password of their own.
https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

SCHEME = "sentinel://"
PORT = 26_379
CELERY_SECONDS = 1.0  # Celery asks one sentinel after the other, and may have to wait for all but one


@dataclass(frozen=True, kw_only=True)
class Sentinels:
    """Whom to ask for the master of this name, and how it and they let us in."""

    addresses: tuple[tuple[str, int], ...]
    master_name: str
    database: int
    username: str | None
    password: str | None
    sentinel_password: str | None

    @property
    def celery_url(self) -> str:
        """The same for Celery, which takes login and database from the one address that it has got to."""
        password = f":{quote(self.password, safe='')}" if self.password is not None else ""
        login = f"{quote(self.username or '', safe='')}{password}@" if self.username or password else ""
        hosts = ((f"[{host}]" if ":" in host else host, port) for host, port in self.addresses)
        return ";".join(f"{SCHEME}{login}{host}:{port}/{self.database}" for host, port in hosts)

    def connecting(self, *, seconds: float = CELERY_SECONDS) -> dict[str, Any]:
        """How redis-py connects to a sentinel: no step takes longer than `seconds`, and none is repeated."""
        from redis.backoff import NoBackoff  # noqa: PLC0415 - who only reads settings has no client of Redis
        from redis.retry import Retry  # noqa: PLC0415 - see above

        return {
            "password": self.sentinel_password,
            "socket_timeout": seconds,
            "socket_connect_timeout": seconds,
            "retry": Retry(NoBackoff(), 0),
        }


def read_sentinels(url: str) -> Sentinels | None:
    """The sentinels that a URL names; None if it names a Redis itself. Raises ValueError if it cannot be read."""
    if not url.startswith(SCHEME):
        return None
    parts = [urlsplit(part) for part in url.split(";")]
    query = parse_qs(parts[-1].query, strict_parsing=True)  # raises for an empty one
    (master_name,) = query.pop("master_name", [])
    sentinel_password = next(iter(query.pop("sentinel_password", [])), None)
    addresses = tuple((part.hostname, part.port or PORT) for part in parts if part.hostname)
    is_clear = len(addresses) == len(parts) and all(part.geturl().startswith(SCHEME) for part in parts)
    if query or not is_clear or any(part.path or part.query for part in parts[:-1]):
        raise ValueError("not all parts are addresses of sentinels, or the query has names that are not known")
    login = next((part for part in parts if "@" in part.netloc), parts[0])
    return Sentinels(
        addresses=addresses,
        master_name=master_name,
        database=int(parts[-1].path.removeprefix("/") or 0),
        username=unquote(login.username or "") or None,
        password=unquote(login.password) if login.password else None,
        sentinel_password=sentinel_password,
    )
