"""`wordcount count`: submit pages, and wait for the counts if asked."""

import argparse
import json
import sys
import uuid
from collections.abc import Iterator, Sequence

from page_fetch.errors import InvalidUrl
from page_fetch.url import meant_url, parse_url
from wordcount.errors import CommandError, InvalidInput, ManagerUnavailable
from wordcount.inputs import read_lines
from wordcount.job import JsonObject, job_of, jobs_in
from wordcount.manager import Manager
from wordcount.output import Screen, counted, json_line, visible
from wordcount.watch import watch

MAX_BATCH = 1_000  # URLs in one submission
MAX_BATCH_BYTES = 1_000_000  # below the manager's 1 MiB, with room for the other fields
MAX_LISTED = 10  # invalid URLs in a message
MAX_URL_WIDTH = 80  # in a message


def count(parsed: argparse.Namespace) -> int:
    """Submit, and wait if asked; return the exit status."""
    urls = read_urls(read_lines(parsed.urls))
    screen = Screen()
    manager = Manager(parsed.server, parsed.key, screen.say)
    ids = []
    for answer in _submit(manager, screen, urls, parsed):
        job = job_of(answer)
        ids.append(job.id)
        if not parsed.wait:
            sys.stdout.write(json_line(answer) if parsed.json else f"{job.id}  {visible(job.url)}\n")
    return watch(manager, screen, ids, as_json=parsed.json) if parsed.wait else 0


def options(parsed: argparse.Namespace, *names: str) -> JsonObject:
    """The fields of a submission by these options and those that all kinds have, as far as they were given."""
    named = {name: getattr(parsed, name) for name in (*names, "on_failure", "callback_url")}
    return {name: value for name, value in named.items() if value is not None}


def read_urls(addresses: Sequence[str]) -> list[str]:
    """The URLs that the user means; https:// may be left out.

    Raises InvalidInput, which names those that the manager would refuse, so that none of a wrong list is sent.
    """
    urls = [meant_url(address) for address in addresses]
    wrong: list[str] = []
    for number, (address, url) in enumerate(zip(addresses, urls, strict=True), start=1):
        try:
            parse_url(url)
        except InvalidUrl as error:
            wrong.append(f"URL {number:,} ({_short(address)}) {error}")
    if wrong:
        more = [f"and {len(wrong) - MAX_LISTED:,} more"] if len(wrong) > MAX_LISTED else []
        headline = f"{len(wrong):,} of {counted(len(urls), 'URL')} cannot be counted; nothing was submitted."
        raise InvalidInput("\n".join((headline, *wrong[:MAX_LISTED], *more)))
    return urls


def _short(url: str) -> str:
    """Enough to recognise it, without what comes before an @, which may be a password."""
    shown = f"…@{url.rpartition('@')[2]}" if "@" in url else url
    return visible(shown if len(shown) <= MAX_URL_WIDTH else f"{shown[: MAX_URL_WIDTH - 1]}…")


def _submit(manager: Manager, screen: Screen, urls: Sequence[str], parsed: argparse.Namespace) -> Iterator[JsonObject]:
    """The accepted jobs, in the order of `urls`."""
    submission = parsed.submission or uuid.uuid4().hex
    submitted = 0
    try:
        with screen.progress("submitted", len(urls)) as advance:
            for number, batch in enumerate(batches(urls)):
                body = {"urls": batch} | options(parsed, "word", "top", "tokenizer")
                answer = manager.ask("POST", "/count", body=body, idempotency_key=f"{submission}-{number}")
                submitted += len(batch)
                advance(len(batch))
                yield from jobs_in(answer)
    except (CommandError, KeyboardInterrupt) as stopped:
        if submitted or isinstance(stopped, ManagerUnavailable | KeyboardInterrupt):
            screen.say(
                f"At least {submitted:,} of {counted(len(urls), 'URL')} were submitted. To submit the rest, and none "
                f"twice, repeat the command with --submission {submission}."
            )
        raise


def batches(urls: Sequence[str]) -> Iterator[list[str]]:
    """The URLs in their order, as many at a time as one submission may hold."""
    batch: list[str] = []
    size = 0
    for url in urls:
        length = len(json.dumps(url)) + len(", ")
        if batch and (len(batch) == MAX_BATCH or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(url)
        size += length
    if batch:
        yield batch
