import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dev.waiting import eventually
from embedded.errors import StackError
from embedded.guard import Guard
from embedded.supervisor import Command, Process, tail

READY = "print('ready');"
FOREVER = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY} {FOREVER}"
WITH_CHILD = f"import os; child = os.fork(); child and print('child', child, 'ready'); {FOREVER}"

# As PostgreSQL's, which end when they notice that the leader has; a paused one notices nothing.
WITH_CHILD_IN_A_GROUP_OF_ITS_OWN = (
    "import os; child = os.fork(); child or os.setsid(); child or os.kill(os.getpid(), 19);"
    f"child and os.waitpid(child, os.WUNTRACED); child and print('child', child, 'ready'); {FOREVER}"
)

MakeCommand = Callable[..., Command]


def started(command: Command, guard: Guard) -> Process:
    """The process, once it has said that it is ready."""
    process = Process(command, guard)
    eventually(lambda: "ready" in command.log.read_text())
    return process


def test_the_output_is_in_the_log(command: MakeCommand, guard: Guard) -> None:
    both = command("import sys; print('one'); sys.stderr.write('two\\n')")
    process = Process(both, guard)
    eventually(lambda: process.exit_code() == 0)
    assert both.log.read_text() == "one\ntwo\n"


def test_a_process_is_asked_to_stop_by_its_own_signal(command: MakeCommand, guard: Guard) -> None:
    process = started(command(READY + FOREVER), guard)
    process.ask_to_stop()
    eventually(lambda: process.exit_code() == -signal.SIGTERM)
    assert process.describe_end() == "service ended with SIGTERM"


def test_one_that_does_not_listen_is_killed(command: MakeCommand, guard: Guard) -> None:
    process = started(command(DEAF), guard)
    process.ask_to_stop()
    assert process.exit_code() is None
    process.kill()
    assert process.exit_code() == -signal.SIGKILL


def test_nothing_of_its_group_outlives_it(
    command: MakeCommand,
    guard: Guard,
    is_gone: Callable[[int], bool],
) -> None:
    process = started(command(WITH_CHILD), guard)
    child = int(process.command.log.read_text().split()[1])
    assert not is_gone(child)
    process.ask_to_stop()
    eventually(lambda: process.exit_code() is not None)
    eventually(lambda: is_gone(child))


def test_nor_does_what_it_has_in_groups_of_their_own_when_it_is_killed(
    command: MakeCommand,
    guard: Guard,
    is_gone: Callable[[int], bool],
) -> None:
    process = started(command(WITH_CHILD_IN_A_GROUP_OF_ITS_OWN), guard)
    child = int(process.command.log.read_text().split()[1])
    assert not is_gone(child)
    process.kill()
    eventually(lambda: is_gone(child))


def test_a_failure_tells_the_end_of_the_log(command: MakeCommand, guard: Guard) -> None:
    failing = command("print('no such table'); raise SystemExit(3)", name="job_migrate")
    process = Process(failing, guard)
    eventually(lambda: process.exit_code() is not None)
    assert str(process.failure()) == (
        f"job_migrate ended with exit code 3. The last lines of {failing.log}:\n    no such table"
    )


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path, guard: Guard) -> None:
    missing = Command(
        name="job_broker",
        arguments=(str(tmp_path / "redis-server"),),
        environment={},
        folder=tmp_path,
        log=tmp_path / "log",
    )
    with pytest.raises(StackError, match=r"job_broker cannot be started: .*No such file"):
        Process(missing, guard)


def test_the_tail_of_a_long_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert tail(log).splitlines() == [f"    line {number}" for number in range(9_985, 10_000)]


def test_the_tail_of_an_empty_log_says_so(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    assert tail(log) == "    (it is empty)"
