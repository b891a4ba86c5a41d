"""`wordcount quotes` and `quote`: find the quotes of a page or a site, and show the one of the day or any."""

import argparse
import sys
import uuid
from uuid import UUID

from wordcount.errors import CommandError, InvalidInput
from wordcount.job import Job, JsonObject, job_of
from wordcount.manager import Manager
from wordcount.output import Screen, counted, json_line, visible
from wordcount.submit import options, read_urls
from wordcount.watch import ended_site_job, say_how_to_resume

PAGE = 200  # quotes in one answer


def quotes(parsed: argparse.Namespace) -> int:
    """Look for quotes, or show what was found; return the exit status."""
    screen = Screen()
    manager = Manager(parsed.server, parsed.key, screen.say)
    if parsed.found:
        said = [*options(parsed, "max_pages"), *(["wait"] if parsed.wait else [])]
        if said:
            raise InvalidInput(f"--{said[0].replace('_', '-')} belongs to a new search: pass its URL.")
        _show_found(manager, parsed.found, parsed)
        return 0
    if parsed.csv and not parsed.wait:
        raise InvalidInput("--csv shows quotes, which are there only after --wait or with --found ID.")
    (url,) = read_urls([parsed.url])
    body = {"url": url} | options(parsed, "max_pages")
    started = manager.ask("POST", "/quotes", body=body, idempotency_key=uuid.uuid4().hex)
    job = job_of(started)
    if parsed.wait:
        return _wait(manager, screen, job, parsed)
    sys.stdout.write(json_line(started) if parsed.json else f"{job.id}  {visible(job.url)}\n")
    return 0


def quote(parsed: argparse.Namespace) -> int:
    """Show one quote; return the exit status."""
    if parsed.today and parsed.author is not None:
        raise InvalidInput("--author belongs to --random: the quote of the day is the same for all.")
    manager = Manager(parsed.server, parsed.key, Screen().say)
    query = {} if parsed.author is None else {"author": parsed.author}
    answer = manager.ask("GET", f"/quotes/{'today' if parsed.today else 'random'}", query=query)
    if parsed.json:
        sys.stdout.write(json_line(answer))
        return 0
    shown = answer["quote"] if parsed.today else answer
    sys.stdout.write(_in_words(shown, shown["found_on"]))
    return 0


def _wait(manager: Manager, screen: Screen, job: Job, parsed: argparse.Namespace) -> int:
    try:
        answer = ended_site_job(manager, screen, job.id)
    except (CommandError, KeyboardInterrupt):
        say_how_to_resume(screen, manager.server, [job.id], 0)
        screen.say(f"  wordcount quotes --found {job.id}")
        raise
    _show_found(manager, job.id, parsed)
    sys.stdout.flush()  # so that the summary follows the quotes where both go to one file
    ended = job_of(answer)
    if answer["result"] is None:
        screen.say(visible(f"{ended.status}: {ended.reason}".removesuffix(": ")))
        return 1
    result = answer["result"]
    found, pages = counted(result["quotes"], "quote"), counted(result["pages"], "page")
    screen.say(f"{found} on {pages}, {result['new']:,} of them new; {result['stop_reason']}")
    return 0


def _show_found(manager: Manager, job_id: UUID, parsed: argparse.Namespace) -> None:
    path = f"/result/{job_id}/quotes"
    if parsed.csv:
        for piece in manager.read(path, query={"format": "csv"}):
            sys.stdout.buffer.write(piece)
        return
    found = manager.every(f"{path}?limit={PAGE}", "quotes")
    sys.stdout.writelines(json_line(each) if parsed.json else _in_words(each, each["url"]) for each in found)


def _in_words(shown: JsonObject, url: str | None) -> str:
    """The quote, and on a line of its own where it was found and whom it is attributed to there."""
    work = f", from {shown['source']}" if shown["source"] else ""
    by = f", attributed to {shown['author']}" if shown["author"] else ""
    return f"{visible(shown['text'])}\n    {visible(f'found on {url}{by}{work}')}\n"
