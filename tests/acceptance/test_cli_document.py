"""The session of docs/cli.md was had as it stands there: again, it says the same but for ids, times and machines."""

import re
from pathlib import Path

from dev.stack import Stack
from embedded.ports import LOOPBACK
from embedded.services import PROJECT
from tests.acceptance.command_line import COMMAND, CommandLine

SESSION = re.findall(r"```console\n(.*?)```", (PROJECT / "docs/cli.md").read_text(encoding="utf-8"), re.DOTALL)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z|job_worker_\S+ \(\S+\)")


def test_the_session_can_be_had_again(stack: Stack, tmp_path: Path) -> None:
    (session,) = SESSION
    command = CommandLine(server=f"http://{LOOPBACK}:{stack.manager.port}", home=tmp_path)
    job_id = ""
    for exchange in session.strip().split("\n\n$ "):
        typed, _, expected = exchange.removeprefix("$ ").partition("\n")
        line = ID.sub(job_id, typed).replace("wordcount", " ".join(COMMAND), 1)
        said = command.run_line(f"{line} 2>&1").out
        assert _comparable(said) == _comparable(expected), typed
        job_id = (ID.findall(said) or [job_id])[0]


def _comparable(text: str) -> list[list[str]]:
    """The words of each line, without what differs from one time to the next."""
    return [VARYING.sub("VARYING", ID.sub("ID", line)).split() for line in text.splitlines() if line.strip()]
