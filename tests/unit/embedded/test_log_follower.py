import re
from io import StringIO
from pathlib import Path

import pytest

from embedded import terminal as terminal_module
from embedded.terminal import LogFollower


class TerminalOutput(StringIO):
    def isatty(self) -> bool:
        return True


def test_new_lines_are_shown_under_the_services_name(tmp_path: Path) -> None:
    out = StringIO()
    follower = LogFollower(tmp_path, out)
    (tmp_path / "job_db.log").write_text("up\nready\n")
    (tmp_path / "job_worker_01.log").write_text("hello\n")
    follower.show()
    follower.show()
    assert out.getvalue() == "job_db        | up\njob_db        | ready\njob_worker_01 | hello\n"


def test_what_an_earlier_run_logged_is_not_shown(tmp_path: Path) -> None:
    log = tmp_path / "job_db.log"
    log.write_text("yesterday\n")
    out = StringIO()
    follower = LogFollower(tmp_path, out)
    log.write_text("yesterday\ntoday\n")
    follower.show()
    assert out.getvalue() == "job_db        | today\n"


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    log = tmp_path / "job_db.log"
    out = StringIO()
    follower = LogFollower(tmp_path, out)
    log.write_text("one\ntw")
    follower.show()
    assert out.getvalue() == "job_db        | one\n"
    log.write_text("one\ntwo\n")
    follower.show()
    assert out.getvalue() == "job_db        | one\njob_db        | two\n"


def test_each_service_has_its_colour_on_a_terminal(tmp_path: Path) -> None:
    out = TerminalOutput()
    follower = LogFollower(tmp_path, out)
    (tmp_path / "job_db.log").write_text("up\nready\n")
    (tmp_path / "job_manager.log").write_text("hello\n")
    follower.show()
    colours = [line.split("m", 1)[0] for line in out.getvalue().splitlines()]
    assert colours[0] == colours[1] != colours[2]
    assert all(colour.startswith("\x1b[") for colour in colours)


def test_no_two_services_share_a_colour_however_much_one_logs(tmp_path: Path) -> None:
    out = TerminalOutput()
    follower = LogFollower(tmp_path, out)
    services = ("job_broker", "job_db", "job_manager", "job_scheduler", "job_viewer", "job_worker_01", "job_worker_02")
    for number in range(10):
        for service in services[: 1 + number]:
            with (tmp_path / f"{service}.log").open("a") as log:
                log.write(f"{service} {number}\n")
        follower.show()
    coloured = re.findall(r"^\x1b\[(\d+)m(\w+) +\|", out.getvalue(), re.MULTILINE)
    assert {service for _, service in coloured} == set(services)
    assert len({colour for colour, _ in coloured}) == len(set(coloured)) == len(services)


def test_a_log_that_has_grown_too_large_is_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_module, "MAX_LOG_BYTES", 10)
    log = tmp_path / "job_db.log"
    out = StringIO()
    follower = LogFollower(tmp_path, out)
    with log.open("a") as service:
        for line in ("a long line\n", "and another\n"):
            service.write(line)
            service.flush()
            follower.show()
    assert log.stat().st_size == 0
    assert out.getvalue() == "job_db        | a long line\njob_db        | and another\n"
