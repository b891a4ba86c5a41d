"""A crawl, as `crawl.html` shows it: how far it is, its words, its pages, and where any word stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import Connection

from job_core.job import ENDED, Job, JsonObject
from job_core.store.read import WholeJob
from job_manager.services import DATABASE_SECONDS, services
from job_manager.web.count_view import bars
from site_crawl import read
from site_crawl.asked_word import NotOneWord
from site_crawl.read import FoundWord, PageOrder, WordPlace

SHOWN = 20  # pages at a time
BEING_READ = 4
OUTCOMES = {
    "counted": "read, and their words counted",
    "duplicate": "another address of a page that was counted",
    "failed": "could not be read",
    "robots": "disallowed by robots.txt",
    "nofollow": "linked with nofollow only",
    "max-depth": "too many links away from the start",
    "out-of-scope": "redirects out of the site",
    "trap-path": "a folder that repeats, or too many folders",
    "trap-parameters": "too many parameters",
    "trap-template": "one of too many addresses of one form",
    "not-read": "not read before the crawl ended",
}


@dataclass(frozen=True, kw_only=True)
class Course:
    """How far a job about a site is: pages that were read, of those that will be as far as is known by now."""

    read: int
    of: int
    per_second: float
    being_read: Sequence[str]  # URLs of some pages


def course_of(whole: WholeJob, connection: Connection) -> Course | None:
    """The course of a job about a site; None before it has begun and after its end."""
    job, progress = whole.job, whole.progress
    if progress is None or job.state in ENDED:
        return None
    done = progress["asked_for"] - progress["running"]
    known = min(progress["asked_for"] + progress["waiting"], job.request["max_pages"])
    return Course(
        read=done,
        of=max(known, 1),
        per_second=done / max(progress["seconds"], 0.1),
        being_read=read.urls_being_read(connection, job.id, BEING_READ),
    )


def crawl_values(whole: WholeJob, query: Mapping[str, str]) -> JsonObject:
    """The values for the template.

    `?order=` sorts the pages, `?outcome=` shows the URLs that ended so in place of the counted pages, and `?after=`
    goes on in either list. `?find=` looks up a word, as the API does, once the crawl has ended. What is none of these
    is passed over.
    """
    job, progress = whole.job, whole.progress or {}
    word = job.request.get("word")
    outcome = query.get("outcome") if query.get("outcome") in OUTCOMES else None
    is_counted = outcome in {None, "counted"}
    order = _order(query.get("order"), has_word=word is not None) if is_counted else "found"
    after = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,18})", query.get("after", ""), re.ASCII)
    find = query.get("find", "").strip().replace("\0", "") if job.state in ENDED else ""
    with services().database.reading(DATABASE_SECONDS) as connection:
        pages = read.pages_of(
            connection,
            job.id,
            outcomes=[outcome or "counted"],
            order=order,
            after=(int(after[1]), int(after[2])) if after else None,
            limit=SHOWN + 1,
        )
        incomplete = read.incomplete_pages(connection, job.id)
        course = course_of(whole, connection)
    found, places, why_not = _look_up(job, find) if find else (None, [], None)
    value, last = pages[SHOWN - 1].after(order) if len(pages) > SHOWN else (0, 0)
    outcomes: Mapping[str, int] = (job.result or progress).get("outcomes", {})
    return {
        "bars": bars((job.result or {}).get("top", ()), frozenset()),
        "course": course,
        "outcomes": sorted(outcomes.items(), key=lambda each: (-each[1], each[0])),
        "OUTCOMES": OUTCOMES,
        "outcome": outcome if not is_counted else None,
        "order": order,
        "pages": pages[:SHOWN],
        "more": f"{value}.{last}" if last else None,
        "word": word,
        "find": find,
        "found": found,
        "places": places,
        "why_not": why_not,
        "incomplete_pages": incomplete,
    }


def _look_up(job: Job, asked: str) -> tuple[FoundWord | None, list[WordPlace], str | None]:
    """The word and where it stands most often, or why it cannot be looked up."""
    database = services().database
    own = job.request.get("word")
    try:
        with database.reading(DATABASE_SECONDS) as connection:
            word = read.word_asked_for(connection, job.id, asked, own, job.request.get("tokenizer", "words"))
    except NotOneWord as error:
        return None, [], str(error)
    return *read.word_of(database, job.id, word, own=own, seconds=DATABASE_SECONDS), None


def _order(asked: str | None, *, has_word: bool) -> PageOrder:
    """The one that was asked for; else the pages with the most of the asked word, or of any, come first."""
    orders: tuple[PageOrder, ...] = get_args(PageOrder)
    for order in orders:
        if order == asked and (has_word or order != "word"):
            return order
    return "word" if has_word else "words"
