from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from dev.waiting import eventually
from embedded import supervisor as supervisor_module
from embedded.errors import StackError, StopRequested
from embedded.supervisor import Command, Supervisor
from embedded.terminal import Terminal

FOREVER = "import time; time.sleep(600)"
MakeCommand = Callable[..., Command]


def test_a_command_is_run_to_its_end(supervisor: Supervisor, command: MakeCommand, tmp_path: Path) -> None:
    supervisor.run(command("open('made', 'w').close()"))
    assert (tmp_path / "made").exists()


def test_a_command_with_a_bad_end_is_an_error(supervisor: Supervisor, command: MakeCommand) -> None:
    with pytest.raises(StackError, match=r"(?s)job_migrate ended with exit code 1.*    nothing to migrate"):
        supervisor.run(command("print('nothing to migrate'); raise SystemExit(1)", name="job_migrate"))


def test_a_bad_end_may_be_a_good_one(supervisor: Supervisor, command: MakeCommand) -> None:
    supervisor.run(command("raise SystemExit(1)"), good=(0, 1))


def test_only_those_named_are_waited_for(supervisor: Supervisor, command: MakeCommand) -> None:
    supervisor.start(command(FOREVER, name="job_db"), command(FOREVER, name="job_viewer", is_ready=lambda: False))
    supervisor.wait_until_ready("job_db")


def test_a_service_that_dies_before_it_is_ready_is_an_error(supervisor: Supervisor, command: MakeCommand) -> None:
    supervisor.start(command(FOREVER, name="job_broker"))
    supervisor.start(command("print('bad setting'); raise SystemExit(2)", name="job_manager", is_ready=lambda: False))
    with pytest.raises(StackError, match=r"(?s)job_manager ended with exit code 2.*    bad setting"):
        supervisor.wait_until_ready()


def test_a_service_that_is_never_ready_is_an_error(
    supervisor: Supervisor,
    command: MakeCommand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor_module, "READY_SECONDS", 0.1)
    supervisor.start(command(FOREVER, name="job_viewer", is_ready=lambda: False))
    with pytest.raises(StackError, match="job_viewer did not become ready in time"):
        supervisor.wait_until_ready()


def test_a_service_that_dies_is_started_again_a_little_later_each_time(
    supervisor: Supervisor,
    command: MakeCommand,
    shown: StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_WAIT_SECONDS", 0.1)
    frail = command("print('up'); raise SystemExit(7)", name="job_scheduler")
    supervisor.start(frail)

    def has_started_three_times() -> bool:
        supervisor.tend()
        return frail.log.read_text() == "up\nup\nup\n"

    eventually(has_started_three_times)
    assert shown.getvalue().splitlines()[:2] == [
        "job_scheduler ended with exit code 7; restarting it in 0.1 s",
        "job_scheduler ended with exit code 7; restarting it in 0.2 s",
    ]


def test_a_wish_to_stop_ends_the_waiting(supervisor: Supervisor, command: MakeCommand, terminal: Terminal) -> None:
    supervisor.start(command(FOREVER, is_ready=lambda: False))
    terminal.stop_requests += 1
    with pytest.raises(StopRequested):
        supervisor.wait_until_ready()


def test_what_others_need_stops_last(supervisor: Supervisor, command: MakeCommand, tmp_path: Path) -> None:
    listens = """
import signal, sys, time
def stop(*_):
    open('stopped', 'a').write('{name}\\n')
    sys.exit()
signal.signal(signal.SIGTERM, stop)
open('{name}.ready', 'w').close()
time.sleep(600)
"""
    for name, last in (("job_db", True), ("job_manager", False)):
        ready = tmp_path / f"{name}.ready"
        program = listens.replace("{name}", name)
        supervisor.start(command(program, name=name, is_ready=ready.exists, stops_last=last))
    supervisor.wait_until_ready()
    supervisor.stop()
    assert (tmp_path / "stopped").read_text() == "job_manager\njob_db\n"


def test_a_part_that_is_stopped_stays_so_while_the_others_go_on(
    supervisor: Supervisor, command: MakeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_WAIT_SECONDS", 0)
    supervisor.start(command(FOREVER, name="job_worker_01"), command(FOREVER, name="job_worker_02"))
    _, other = supervisor.parts()

    supervisor.stop_part("job_worker_01")
    eventually(lambda: states(supervisor) == {"job_worker_01": "stopped", "job_worker_02": "running"})
    for _ in range(5):
        supervisor.tend()

    assert supervisor.parts()[0].pid is None
    assert supervisor.parts()[1] == other


def test_a_part_that_is_started_again_is_a_new_process_since_then(supervisor: Supervisor, command: MakeCommand) -> None:
    supervisor.start(command(FOREVER, name="job_db"))
    (before,) = supervisor.parts()
    supervisor.stop_part("job_db")
    eventually(lambda: states(supervisor) == {"job_db": "stopped"})

    supervisor.start_part("job_db")

    (after,) = supervisor.parts()
    assert (before.state, after.state) == ("running", "running")
    assert after.pid not in {before.pid, None}
    assert after.since > before.since


def test_a_part_that_does_not_stop_is_killed_at_the_end_of_its_grace(
    supervisor: Supervisor, command: MakeCommand, tmp_path: Path
) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('up', 'w').close(); time.sleep(600)"
    )
    supervisor.start(command(deaf, name="job_viewer", grace_seconds=0.2, is_ready=(tmp_path / "up").exists))
    supervisor.wait_until_ready()
    supervisor.stop_part("job_viewer")
    assert states(supervisor) == {"job_viewer": "stopping"}
    eventually(lambda: states(supervisor) == {"job_viewer": "stopped"})


def test_a_part_that_died_is_shown_as_restarting(supervisor: Supervisor, command: MakeCommand) -> None:
    supervisor.start(command("raise SystemExit(7)", name="job_scheduler"))
    eventually(lambda: states(supervisor) == {"job_scheduler": "restarting"})
    supervisor.stop_part("job_scheduler")
    assert states(supervisor) == {"job_scheduler": "stopped"}


def test_what_a_service_left_behind_is_gone_before_it_starts_again(
    supervisor: Supervisor, command: MakeCommand, tmp_path: Path
) -> None:
    sign = tmp_path / "sign"
    sign.touch()
    supervisor.start(command(FOREVER, before_start=sign.unlink, is_ready=sign.exists))
    assert states(supervisor) == {"service": "starting"}


def test_a_part_that_is_not_there_is_an_error_that_names_those_that_are(
    supervisor: Supervisor, command: MakeCommand
) -> None:
    supervisor.start(command(FOREVER, name="job_db"), command(FOREVER, name="job_broker"))
    with pytest.raises(StackError, match="there is no part 'worker'; the parts are job_db, job_broker"):
        supervisor.stop_part("worker")
    with pytest.raises(StackError, match="there is no part ''"):
        supervisor.start_part("")


def states(supervisor: Supervisor) -> dict[str, str]:
    """What each part is, after a look."""
    supervisor.tend()
    return {part.name: part.state for part in supervisor.parts()}
