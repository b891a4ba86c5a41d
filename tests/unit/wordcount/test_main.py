"""The command's start, and its arguments."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wordcount.main import main

ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
PROJECT = Path(__file__).parents[3]
SLOW = {"celery", "flask", "nltk", "pydantic", "requests", "rich", "selectolax", "sqlalchemy"}
COMMANDS = ("count", "crawl", "quotes", "quote", "wait", "jobs", "show", "cancel", "file")


def test_help_loads_no_library_that_is_slow() -> None:
    code = "import sys, wordcount.main as m\ntry: m.main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    loaded = set(ended.stderr.split())
    assert "wordcount.main" in loaded
    assert not SLOW & loaded


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert f"\n    {command} " in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert capsys.readouterr().out.startswith(f"usage: wordcount {command} [-h]")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["count"],
        ["count", "--submission", "ü", "https://example.com"],
        ["count", "--key", "ü", "https://example.com"],
        ["crawl"],
        ["crawl", "--pages", "7"],
        ["crawl", "--words", ID, "--pages", ID],
        ["crawl", "--words", ID, "https://example.com"],
        ["crawl", "--words", ID, "--json", "--csv"],
        ["crawl", "--max-pages", "0", "https://example.com"],
        ["crawl", "--scope", "world", "https://example.com"],
        ["jobs", "--status", "nonsense"],
        ["jobs", "--limit", "0"],
        ["jobs", "--limit", "-1"],
        ["jobs", "--limit", "²"],
        ["quotes"],
        ["quotes", "--found", "7"],
        ["quotes", "--max-pages", "0", "https://example.com"],
        ["quotes", "--json", "--csv", "https://example.com"],
        ["quote"],
        ["quote", "--today", "--random"],
        ["file", "--quotes", "--frequencies", "page.html"],
        ["show"],
        ["cancel"],
        ["wait"],
    ],
)
def test_wrong_options_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


@pytest.mark.parametrize("command", ["show", "cancel", "wait"])
@pytest.mark.parametrize("given", ["7", "../jobs", ""])
def test_what_is_no_id_is_never_asked_for(command: str, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--server", "http://127.0.0.1:1", given]) == 2
    assert capsys.readouterr().err.startswith("wordcount: An id looks like ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--csv", "https://example.com"], "--csv belongs to --pages ID or --words ID."),
        (["--pages", ID, "--wait"], "--wait belongs to a new crawl: pass its URL."),
        (["--words", ID, "--max-depth", "0"], "--max-depth belongs to a new crawl: pass its URL."),
        (["--pages", ID, "--word", "queue"], "--word belongs to a new crawl: pass its URL."),
        (["ftp://example.com"], "1 of 1 URL cannot be counted; nothing was submitted."),
    ],
)
def test_options_of_a_crawl_that_do_not_go_together_are_never_asked_for(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crawl", "--server", "http://127.0.0.1:1", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"wordcount: {said}")


def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("word " * 50_000)
    files = [str(page)] * 50
    with subprocess.Popen(
        [sys.executable, "-m", "wordcount", "file", "--frequencies", *files],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as ended:
        assert ended.stdout is not None
        assert ended.stderr is not None
        ended.stdout.close()
        assert (ended.stderr.read(), ended.wait()) == ("", 1)
