"""The README shows real sessions: repeated, they differ only in ids, times and machines."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

from dev.stack import Stack
from embedded.ports import LOOPBACK
from embedded.services import PROJECT
from tests.acceptance.command_line import COMMAND, CommandLine

SESSION, CRAWL_SESSION = re.findall(
    r"```console\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)
VARYING = {"id", "created_at", "started_at", "finished_at", "ended_at", "worker", "fetch_ms", "count_ms"}
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VARYING_HEADERS = ("Date: ", "Content-Length: ")


def test_the_session_can_be_had_again(stack: Stack) -> None:
    job_id = ""
    for exchange in SESSION.strip().split("\n\n$ "):
        command, _, expected = exchange.removeprefix("$ ").partition("\n")
        here = ID.sub(job_id, command.replace(":5050", f":{stack.manager.port}"))
        said = subprocess.run(
            [*shlex.split(here), "--silent"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        assert _comparable(said) == _comparable(expected), here
        job_id = (ID.findall(said) or [job_id])[0]


def test_a_site_can_be_crawled_again(stack: Stack, tmp_path: Path) -> None:
    command = CommandLine(server=f"http://{LOOPBACK}:{stack.manager.port}", home=tmp_path)
    job_id = ""
    for exchange in CRAWL_SESSION.strip().split("\n\n$ "):
        typed, _, expected = exchange.removeprefix("$ ").partition("\n")
        here = ID.sub(job_id, typed).replace(":5050", f":{stack.manager.port}")
        line = re.sub("^wordcount", " ".join(COMMAND), here)
        said = command.run_line(f"{line} 2>&1").out
        assert _words(said) == _words(expected), typed
        job_id = (ID.findall(said) or [job_id])[0]


def _words(text: str) -> list[list[str]]:
    """The words of each line; the width of columns depends on the terminal."""
    return [ID.sub("ID", line).split() for line in text.splitlines()]


def _comparable(text: str) -> list[Any]:
    """Headers and bodies, without what differs from one time to the next."""
    lines = [ID.sub("ID", line.strip()) for line in text.splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(VARYING_HEADERS)]
    return [_without_varying(json.loads(line)) if line.startswith("{") else line for line in kept]


def test_the_length_that_it_shows_is_that_of_the_body() -> None:
    length = re.search(r"^Content-Length: (\d+)$", SESSION, re.MULTILINE)
    body = re.search(r"^\{.*\}$", SESSION, re.MULTILINE)
    assert length
    assert body
    assert int(length[1]) == len(f"{body[0]}\n".encode())


def _without_varying(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_varying(item) for key, item in value.items() if key not in VARYING}
    if isinstance(value, list):
        return [_without_varying(item) for item in value]
    return value
