"""`wordcount crawl`: count the words of a site, and list its pages and words."""

import argparse
import sys
import uuid
from urllib.parse import quote
from uuid import UUID

from wordcount.errors import CommandError, InvalidInput
from wordcount.job import JsonObject, job_of
from wordcount.manager import Manager
from wordcount.output import Screen, counted, json_line, visible, write_table
from wordcount.submit import options, read_urls
from wordcount.watch import ended_site_job, say_how_to_resume, write_results

MAX_LISTED = 200  # pages or words in one answer
OF_A_CRAWL = ("max_pages", "max_depth", "scope", "top", "tokenizer")


def crawl(parsed: argparse.Namespace) -> int:
    """Start a crawl, or list what one has found; return the exit status."""
    screen = Screen()
    manager = Manager(parsed.server, parsed.key, screen.say)
    if parsed.url is None:
        _check_list(parsed)
        return _list_pages(manager, parsed) if parsed.pages else _list_words(manager, screen, parsed)
    if parsed.csv:
        raise InvalidInput("--csv belongs to --pages ID or --words ID.")
    (url,) = read_urls([parsed.url])
    body = {"url": url} | options(parsed, "word", *OF_A_CRAWL)
    started = manager.ask("POST", "/crawl", body=body, idempotency_key=uuid.uuid4().hex)
    if parsed.wait:
        return _wait(manager, screen, job_of(started).id, as_json=parsed.json)
    sys.stdout.write(json_line(started) if parsed.json else f"{job_of(started).id}  {visible(job_of(started).url)}\n")
    return 0


def _check_list(parsed: argparse.Namespace) -> None:
    """Raise InvalidInput for what can only be said of a new crawl."""
    said = list(options(parsed, *OF_A_CRAWL))
    said += ["wait"] if parsed.wait else []
    said += ["word"] if parsed.pages and parsed.word is not None else []
    if said:
        raise InvalidInput(f"--{said[0].replace('_', '-')} belongs to a new crawl: pass its URL.")


def _wait(manager: Manager, screen: Screen, crawl_id: UUID, *, as_json: bool) -> int:
    try:
        ended = ended_site_job(manager, screen, crawl_id, _words_so_far)
    except (CommandError, KeyboardInterrupt):
        say_how_to_resume(screen, manager.server, [crawl_id], 0)
        raise
    if as_json:
        sys.stdout.write(json_line(ended))
    else:
        write_results([job_of(ended)])
    sys.stdout.flush()
    _say_outcomes(screen, ended)
    return 0 if ended["status"] == "SUCCESS" else 1


def _words_so_far(progress: JsonObject) -> str:
    return counted(progress["words"], "word")


def _say_outcomes(screen: Screen, ended: JsonObject) -> None:
    progress = ended.get("progress")
    outcomes: dict[str, int] = (ended["result"] or progress or {}).get("outcomes", {})
    by_number = sorted(outcomes.items(), key=lambda each: (-each[1], each[0]))
    parts = ", ".join(f"{number:,} {outcome}" for outcome, number in by_number)
    why = f"; {ended['result']['stop_reason']}" if ended["result"] else ""
    screen.say(f"{counted(sum(outcomes.values()), 'URL')}: {parts or 'none'}{why}")
    screen.say(f"  wordcount crawl --pages {ended['id']}\n  wordcount crawl --words {ended['id']}")


def _list_pages(manager: Manager, parsed: argparse.Namespace) -> int:
    path = f"/result/{parsed.pages}/pages"
    if parsed.csv:
        return _copy_csv(manager, path)
    found = manager.every(f"{path}?limit={MAX_LISTED}", "pages")
    if parsed.json:
        sys.stdout.writelines(map(json_line, found))
        return 0
    word = manager.ask("GET", f"/result/{parsed.pages}")["request"].get("word")
    rows = [
        (
            *(each["outcome"] or "", each["words"], *([each["word_count"]] if word else [])),
            *(each["url"], each["detail"] or each["reason"] or ""),
        )
        for each in found
    ]
    write_table(["OUTCOME", "WORDS", *([f'"{word}"'] if word else []), "URL", "REASON"], rows)
    return 0


def _list_words(manager: Manager, screen: Screen, parsed: argparse.Namespace) -> int:
    path = f"/result/{parsed.words}/words"
    if parsed.word is not None:
        return _look_up(manager, screen, f"{path}/{quote(parsed.word, safe='')}", parsed)
    if parsed.csv:
        return _copy_csv(manager, path)
    found = manager.every(f"{path}?limit={MAX_LISTED}", "words")
    if parsed.json:
        sys.stdout.writelines(map(json_line, found))
    else:
        write_table(["WORD", "COUNT", "PAGES"], [(each["word"], each["count"], each["pages"]) for each in found])
    return 0


def _look_up(manager: Manager, screen: Screen, path: str, parsed: argparse.Namespace) -> int:
    if parsed.csv:
        return _copy_csv(manager, path)
    found = manager.ask("GET", path)
    if parsed.json:
        sys.stdout.write(json_line(found))
        return 0
    write_table(["COUNT", "URL"], [(place["count"], place["url"]) for place in found["places"]])
    sys.stdout.flush()
    screen.say(f"{visible(found['word'])}: {found['count']:,} on {counted(found['pages'], 'page')}")
    return 0


def _copy_csv(manager: Manager, path: str) -> int:
    for piece in manager.read(path, query={"format": "csv"}):
        sys.stdout.buffer.write(piece)
    return 0
