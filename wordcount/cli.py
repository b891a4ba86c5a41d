"""The command's entry: its options, and how each end looks to a shell."""

import argparse
import os
import sys
from collections.abc import Sequence

from wordcount.cancel import add_cancel_command
from wordcount.count import add_count_command
from wordcount.errors import CommandError
from wordcount.file import add_file_command
from wordcount.jobs import add_jobs_command
from wordcount.options import DEFAULT_SERVER
from wordcount.show import add_show_command
from wordcount.wait import add_wait_command

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
EPILOG = f"""\
examples:
  wordcount count --wait https://example.com https://example.org
  wordcount count --wait --word queue --json - < urls.txt > counts.jsonl
  wordcount jobs --status FAILURE
  wordcount file page.html

Results go to standard output, everything else to standard error. All but `file` ask a manager, at
WORDCOUNT_SERVER or --server (default: {DEFAULT_SERVER}), with the API key WORDCOUNT_KEY if it wants one.

exit status:
  0    all went well
  1    a job or a file failed, or the manager could not be asked
  2    the options or what was given cannot be used; nothing was submitted
  130  Ctrl-C

`wordcount COMMAND --help` tells more about a command.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and gives its exit status, which EPILOG explains."""
    parsed = _parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
    except CommandError as error:
        sys.stderr.write(f"wordcount: {error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, like `head`; Python would complain when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wordcount",
        description="Counts the words a person reads on web pages.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (
        add_count_command,
        add_wait_command,
        add_jobs_command,
        add_show_command,
        add_cancel_command,
        add_file_command,
    ):
        add(commands)
    return parser
