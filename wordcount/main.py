"""The command's entry: its arguments, and how each end looks to a shell."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from wordcount.errors import CommandError
from wordcount.inputs import (
    DEFAULT_SERVER,
    api_key,
    job_id,
    local_server,
    number_from,
    server_address,
    submission_name,
)
from wordcount.job import STATES

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
MODULES = dict.fromkeys(("jobs", "show", "cancel"), "show") | {
    "count": "submit",
    "crawl": "crawl",
    "quotes": "quotes",
    "quote": "quotes",
    "run": "run",
    "wait": "watch",
    "file": "file",
}
DESCRIPTION = "Counts the words a person reads on web pages and whole sites, and finds the quotes on them."
EPILOG = f"""\
examples:
  wordcount count --wait https://example.com https://example.org
  wordcount count --wait --word queue --json - < urls.txt > counts.jsonl
  wordcount crawl --wait --word queue --max-pages 500 https://example.com
  wordcount quotes --wait --max-pages 50 https://example.com
  wordcount quote --today
  wordcount jobs --status FAILURE
  wordcount file page.html

Results go to standard output, everything else to standard error. Every command but `file` needs a manager: at
--server or WORDCOUNT_SERVER (default: this machine, at MANAGER_PORT of the environment or .env, else
{DEFAULT_SERVER}), with the API key from --key or WORDCOUNT_KEY, if any.

exit status:
  0    success
  1    a job or a file failed, or the manager could not be reached
  2    invalid options or input; nothing was submitted
  130  interrupted by Ctrl-C

Run `wordcount COMMAND --help` for the options of a command.
"""
IDS_HELP = "a job's id; - reads ids from standard input, the first word of each line"

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - typeshed's own name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status, which EPILOG explains."""
    parsed = _parser().parse_args(arguments)
    try:
        status = _run(parsed)
        sys.stdout.flush()
    except CommandError as error:
        sys.stderr.write(f"wordcount: {error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as `head`, has gone; Python would complain when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(parsed: argparse.Namespace) -> int:
    # Imported only now, so that --help loads none of the libraries that a command needs.
    command = getattr(import_module(f"wordcount.{MODULES[parsed.command]}"), parsed.command)
    status: int = command(parsed)
    return status


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wordcount", description=DESCRIPTION, epilog=EPILOG, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    adders = (
        _add_count,
        _add_crawl,
        _add_quotes,
        _add_quote,
        _add_run,
        _add_wait,
        _add_jobs,
        _add_show,
        _add_cancel,
        _add_file,
    )
    for add in adders:
        add(commands)
    return parser


def _add_count(commands: Commands) -> None:
    command = commands.add_parser(
        "count",
        help="count the words of pages",
        description="Submits pages, and prints the id and the URL of each job, one per line. With --wait, waits for "
        "the counts and prints a table in the order of the URLs. If one of the URLs is invalid, none is submitted.",
        epilog="Ctrl-C while waiting leaves the jobs running, and prints how to wait for them again.",
    )
    add = command.add_argument
    add("urls", nargs="+", metavar="URL", help="a page; - reads URLs from standard input, one per line")
    add("--word", metavar="WORD", help="also count this word on each page")
    _add_words(command)
    add("--wait", action="store_true", help="wait for the counts")
    add("--json", action="store_true", help="print each job as a line of JSON; with --wait, once it has ended")
    name_help = "a name for the submission: repeated under it within 24 hours, the command submits nothing twice"
    add("--submission", metavar="NAME", type=submission_name, help=name_help)
    _add_ends(command)
    _add_manager(command)


def _add_crawl(commands: Commands) -> None:
    command = commands.add_parser(
        "crawl",
        help="count the words of a whole site",
        description="Counts the words of a site, page by page, from the page at URL on; and lists the pages and words "
        "of a crawl, as it goes on or after its end. Without --wait, prints the id of the crawl.",
        epilog="Ctrl-C while waiting leaves the crawl running, and prints how to wait for it again.",
    )
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("url", nargs="?", metavar="URL", help="the page to start from")
    what.add_argument("--pages", metavar="ID", type=job_id, help="list what became of each URL that the crawl found")
    what.add_argument("--words", metavar="ID", type=job_id, help="list the words of the site, the most frequent first")
    add = command.add_argument
    add("--word", metavar="WORD", help="also count this word; with --words, the pages where it stands most often")
    add("--max-pages", metavar="N", type=number_from(1), help="how many pages to read at most (default: 100)")
    add("--max-depth", metavar="N", type=number_from(0), help="how many links to follow from the start (default: 10)")
    scope_help = "stay on the host (default), in the folder of the start, or within its registrable domain"
    add("--scope", choices=["host", "path", "domain"], help=scope_help)
    _add_words(command)
    add("--wait", action="store_true", help="wait for the end of the crawl")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON: the crawl, or a line for each page or word")
    form.add_argument("--csv", action="store_true", help="with --pages or --words: print CSV")
    _add_ends(command)
    _add_manager(command)


def _add_quotes(commands: Commands) -> None:
    command = commands.add_parser(
        "quotes",
        help="find the quotes of a page or a site",
        description="Finds the quotes of the page at URL, or with --max-pages of the site, and shows them; or shows "
        "what an earlier search has found. Without --wait, prints the id of the search.",
        epilog="Ctrl-C while waiting leaves the search running, and prints how to wait for it again.",
    )
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("url", nargs="?", metavar="URL", help="the page to start from")
    what.add_argument("--found", metavar="ID", type=job_id, help="show what this search has found so far")
    add = command.add_argument
    add("--max-pages", metavar="N", type=number_from(1), help="how many pages of the site to read at most (default: 1)")
    add("--wait", action="store_true", help="wait for the end of the search, and show the quotes")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON: a line for each quote, or else the search")
    form.add_argument("--csv", action="store_true", help="print the quotes as CSV")
    _add_ends(command)
    _add_manager(command)


def _add_quote(commands: Commands) -> None:
    description = "Shows one of the quotes that were found: today's, which is the same for all, or a random one."
    command = commands.add_parser("quote", help="show the quote of the day, or a random one", description=description)
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("--today", action="store_true", help="the quote of the day, in UTC")
    which.add_argument("--random", action="store_true", help="any of the quotes")
    command.add_argument("--author", metavar="A", help="with --random: only quotes attributed to them")
    command.add_argument("--json", action="store_true", help="print the quote as a line of JSON")
    _add_manager(command)


def _add_run(commands: Commands) -> None:
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--wait", action="store_true", help="wait for the result")
    options.add_argument("--json", action="store_true", help="print the job as JSON; with --wait, once it has ended")
    _add_manager(options)
    command = commands.add_parser(
        "run",
        help="submit a job of any kind",
        description="Submits a job of any kind that the manager offers, also of your own, and prints its id and label. "
        "A field of its request is an option after the kind: `wordcount run longest --url https://example.com --wait`. "
        "`wordcount run KIND --help` lists the fields.",
        parents=[options],
        allow_abbrev=False,
    )
    command.add_argument("kind", metavar="KIND", help="the name of the kind, such as count")
    fields_help = (
        "fields of the request: --NAME VALUE; several values for a list; true or false; JSON for anything else"
    )
    command.add_argument("fields", nargs=argparse.REMAINDER, metavar="--FIELD VALUE", help=fields_help)
    command.set_defaults(options=options)


def _add_wait(commands: Commands) -> None:
    command = commands.add_parser(
        "wait",
        help="wait for jobs that were submitted earlier",
        description="Waits for jobs, and prints a table of their results in the order of the ids.",
        epilog="`wordcount count - < urls > ids; wordcount wait - < ids` submits pages, then waits for them.",
    )
    command.add_argument("ids", nargs="+", metavar="ID", help=IDS_HELP)
    command.add_argument("--json", action="store_true", help="print each job as a line of JSON, once it has ended")
    _add_manager(command)


def _add_jobs(commands: Commands) -> None:
    description = "Lists jobs, newest first. Filters can be combined."
    command = commands.add_parser("jobs", help="list jobs, newest first", description=description)
    add = command.add_argument
    add("--status", type=str.upper, choices=STATES, help="only jobs in this state")
    add("--kind", metavar="KIND", help="only jobs of this kind, such as count")
    add("--url", metavar="URL", help="only jobs for exactly this URL")
    add("--limit", type=number_from(1), default=20, metavar="N", help="maximum number of jobs (default: %(default)s)")
    add("--json", action="store_true", help="print each job as a line of JSON")
    _add_manager(command)


def _add_show(commands: Commands) -> None:
    command = commands.add_parser(
        "show",
        help="show one job",
        description="Shows a job's state, attempts, and result or error. Exit status 0 in any state.",
    )
    command.add_argument("id", metavar="ID", help="the job's id")
    command.add_argument("--json", action="store_true", help="print the job as a line of JSON")
    _add_manager(command)


def _add_cancel(commands: Commands) -> None:
    command = commands.add_parser(
        "cancel",
        help="cancel jobs",
        description="Cancels jobs, and prints the resulting state of each. A job that has ended stays unchanged.",
        epilog="Exit status 1 if a job had ended before, or does not exist.",
    )
    command.add_argument("ids", nargs="+", metavar="ID", help=IDS_HELP)
    _add_manager(command)


def _add_file(commands: Commands) -> None:
    description = "Counts the words of local files, or finds their quotes, without a manager. Each is a line of JSON."
    command = commands.add_parser("file", help="read local files, without a manager", description=description)
    add = command.add_argument
    add("files", nargs="+", metavar="FILE", help="HTML or text, optionally gzipped; - reads standard input")
    add("--content-type", metavar="TYPE", help="the type the files were served with, such as text/html")
    add("--tokenizer", choices=["words", "treebank"], default="words", help="default: %(default)s")
    add("--top", type=number_from(0), default=25, metavar="N", help="how many frequent words (default: %(default)s)")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--frequencies", action="store_true", help="also print the count of every word")
    what.add_argument("--quotes", action="store_true", help="print the quotes of each file in place of its words")


def _add_words(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--top", metavar="N", type=number_from(0), help="how many of the most frequent words to list (default: 25)")
    add("--tokenizer", choices=["words", "treebank"], help="how text is cut into words (default: words)")


def _add_ends(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    failure_help = "what to do after an error that may be temporary (default: retry)"
    add("--on-failure", choices=["retry", "discard"], help=failure_help)
    add("--callback-url", metavar="URL", help="where the manager sends a webhook when the job has ended")


def _add_manager(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("manager").add_argument
    server_help = (
        "its address (default: WORDCOUNT_SERVER, else this machine, at MANAGER_PORT of the environment or .env)"
    )
    server = os.environ.get("WORDCOUNT_SERVER") or local_server(os.environ, Path(".env"))
    add("--server", metavar="URL", type=server_address, default=server, help=server_help)
    key_help = "an API key, if it requires one (default: WORDCOUNT_KEY, which `ps` does not show)"
    add("--key", metavar="KEY", type=api_key, default=os.environ.get("WORDCOUNT_KEY"), help=key_help)
