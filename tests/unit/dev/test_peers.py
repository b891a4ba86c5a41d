"""The benchmark beside peers: whose processes are whose, what they have used, and how goals read."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dev.bench.peers.goals import BATCHES, LECTURE, SINGLES, print_goals
from dev.bench.peers.processes import groups_of, memory_megabytes, used_milliseconds
from dev.bench.peers.report import Results

WORKS_AND_WAITS = """
import os, sys, time
if len(sys.argv) > 1 and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
while time.process_time() < 0.1:
    pass
print("ready", file=sys.stderr)
sys.stdin.read()
"""


@contextmanager
def service(log: Path, *arguments: str) -> Iterator[int]:
    """A process that has used a tenth of a second, and with an argument has a child."""
    command = [sys.executable, "-c", WORKS_AND_WAITS, *arguments]
    with (
        log.open("ab") as out,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE) as process,
    ):
        assert process.stderr
        assert process.stderr.readline() == b"ready\n"
        yield process.pid
        process.communicate()


def test_processes_are_told_apart_by_the_log_that_they_write_to(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    with ExitStack() as stack:
        manager = stack.enter_context(service(logs / "job_manager.log"))
        main = stack.enter_context(service(logs / "job_worker_01.log", "with a child"))
        stack.enter_context(service(tmp_path.with_suffix(".log")))

        groups = groups_of(tmp_path)

        assert (groups["manager"], groups["mains"], len(groups["children"])) == ([manager], [main], 1)
        assert sum(map(len, groups.values())) == 3
        assert used_milliseconds([main]) >= 100
        assert memory_megabytes([main]) > 1
    assert used_milliseconds([main]) == memory_megabytes([main]) == 0


def test_a_goal_reads_as_met_or_by_how_much_it_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    rates = {SINGLES: 300.0, BATCHES: 6_001.0, LECTURE: 400.0}
    print_goals(Results(submissions={label: {"a second": rate} for label, rate in rates.items()}))
    assert capsys.readouterr().out.splitlines() == [
        "",
        "Goals",
        "",
        "                            measured            goal",
        "singles/s; Flask and delay       300    at least 400  missed by 25%",
        "URLs/s in batches              6,001  at least 6,000            met",
    ]
