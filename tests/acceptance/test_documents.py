"""The sessions in the documents were had as they stand there: again, they differ only in ids, times and machines."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dev.stack import Stack
from embedded.ports import LOOPBACK
from embedded.services import PROJECT
from tests.acceptance.command_line import COMMAND, CommandLine

DOCUMENTS = {"README.md": 2, "docs/api.md": 1, "docs/cli.md": 1}  # how many sessions each has
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z|job_worker_\S+ \(\S+\)")
VARYING_KEYS = {"id", "created_at", "started_at", "finished_at", "ended_at", "worker", "fetch_ms", "count_ms"}
VARYING_HEADERS = ("Date: ", "Content-Length: ")


def sessions_of(document: str) -> list[str]:
    """What stands in its blocks of `console`."""
    return re.findall(r"```console\n(.*?)```", (PROJECT / document).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_sessions_can_be_had_again(document: str, stack: Stack, tmp_path: Path) -> None:
    command = CommandLine(server=f"http://{LOOPBACK}:{stack.manager.port}", home=tmp_path)
    job_id = ""
    sessions = sessions_of(document)
    assert len(sessions) == DOCUMENTS[document]
    for exchange in "\n".join(sessions).strip().split("\n\n$ "):
        typed, _, expected = exchange.removeprefix("$ ").partition("\n")
        here = ID.sub(job_id, typed).replace("localhost:5050", f"{LOOPBACK}:{stack.manager.port}")
        line = re.sub(r"^wordcount\b", " ".join(COMMAND), here).replace("curl ", "curl --silent ")
        said = command.run_line(f"{line} 2>&1").out
        assert _comparable(said) == _comparable(expected), typed
        job_id = (ID.findall(said) or [job_id])[0]


def test_the_length_that_is_shown_is_that_of_the_body() -> None:
    (session,) = sessions_of("docs/api.md")
    length = re.search(r"^Content-Length: (\d+)$", session, re.MULTILINE)
    body = re.search(r"^\{.*\}$", session, re.MULTILINE)
    assert length
    assert body
    assert int(length[1]) == len(f"{body[0]}\n".encode())


def _comparable(text: str) -> list[Any]:
    """Lines, without what differs from one time to the next: JSON as values, others by their words."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(VARYING_HEADERS)]
    return [
        _without_varying(json.loads(line))
        if line.startswith("{")
        else VARYING.sub("VARYING", ID.sub("ID", line)).split()
        for line in lines
    ]


def _without_varying(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_varying(item) for key, item in value.items() if key not in VARYING_KEYS}
    if isinstance(value, list):
        return [_without_varying(item) for item in value]
    return ID.sub("ID", value) if isinstance(value, str) else value
