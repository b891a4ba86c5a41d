"""Answers to robots.txt as they are kept, for all crawls: a day, and seconds if the site did not answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from job_core.store.database import Database

KEPT = timedelta(hours=24)  # RFC 9309 section 2.4
KEPT_UNREACHABLE = timedelta(seconds=5)

RobotsState = Literal["parsed", "unavailable", "unreachable", "not-asked"]


@dataclass(frozen=True, kw_only=True)
class KeptRobots:
    """What a scheme, host and port answered to the request for its robots.txt; why, if it is unreachable."""

    origin: str
    state: RobotsState
    http_status: int | None
    rules: str  # in JSON
    detail: str | None = None


def find_robots(database: Database, crawl_id: UUID, origin: str) -> KeptRobots | None:
    """The answer that is kept, unless it is too old: that there was none counts until the crawl may ask again."""
    rows = database.call(
        "SELECT state, http_status, rules::text, detail FROM robots WHERE origin = %s AND (expires_at > now()"
        " OR state = 'unreachable' AND EXISTS (SELECT FROM crawl_robots AS known"
        " WHERE crawl_id = %s AND known.origin = robots.origin AND due_at > now()))",
        *(origin, crawl_id),
    )
    for state, http_status, rules, detail in rows:
        return KeptRobots(origin=origin, state=state, http_status=http_status, rules=rules, detail=detail)
    return None


def keep_robots(database: Database, robots: KeptRobots) -> None:
    """Keep an answer in place of the one before."""
    database.call(
        "INSERT INTO robots AS known (origin, state, http_status, rules, detail, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, now() + %s) ON CONFLICT (origin) DO UPDATE"
        " SET state = excluded.state, http_status = excluded.http_status, rules = excluded.rules,"
        " detail = excluded.detail, expires_at = excluded.expires_at RETURNING origin",
        *(robots.origin, robots.state, robots.http_status, robots.rules, robots.detail),
        KEPT_UNREACHABLE if robots.state == "unreachable" else KEPT,
    )


def note_robots(database: Database, crawl_id: UUID, robots: KeptRobots) -> None:
    """Note that the crawl obeys this answer."""
    database.call(
        "INSERT INTO crawl_robots AS known (crawl_id, origin, state, http_status, detail) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (crawl_id, origin) DO UPDATE SET state = excluded.state, http_status = excluded.http_status,"
        " detail = excluded.detail,"
        " failures = CASE WHEN excluded.state = 'unreachable' THEN known.failures ELSE 0 END RETURNING origin",
        *(crawl_id, robots.origin, robots.state, robots.http_status, robots.detail),
    )


@dataclass(frozen=True, kw_only=True)
class SeenRobots:
    """What an origin answered to a crawl."""

    origin: str
    state: RobotsState
    http_status: int | None


def robots_of_crawl(database: Database, crawl_id: UUID) -> list[SeenRobots]:
    """What each origin that the crawl met answered."""
    rows = database.call(
        "SELECT origin, state, http_status FROM crawl_robots WHERE crawl_id = %s ORDER BY origin", crawl_id
    )
    return [SeenRobots(origin=origin, state=state, http_status=status) for origin, state, status in rows]
