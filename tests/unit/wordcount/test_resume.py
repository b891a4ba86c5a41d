import shlex
import sys
from pathlib import Path
from uuid import UUID

import pytest

from wordcount.inputs import DEFAULT_SERVER
from wordcount.watch import resume_command

IDS = [UUID(int=number) for number in range(1, 5)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my home"
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(sys, "argv", ["/opt/some where/wordcount"])
    return folder


def test_few_ids_stand_on_the_line(home: Path) -> None:
    words = shlex.split(resume_command(IDS[:3], DEFAULT_SERVER))
    assert words == ["/opt/some where/wordcount", "wait", *map(str, IDS[:3])]
    assert not home.exists()


def test_many_ids_stand_in_a_file_below_home(home: Path) -> None:
    file = home / ".local/state/wordcount" / f"{IDS[0]}.ids"
    assert resume_command(IDS, DEFAULT_SERVER) == f"'/opt/some where/wordcount' wait - < '{file}'"
    assert file.read_text("ascii").splitlines() == list(map(str, IDS))


def test_the_folder_for_state_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    resume_command(IDS, DEFAULT_SERVER)
    assert [file.name for file in (tmp_path / "state/wordcount").iterdir()] == [f"{IDS[0]}.ids"]


def test_another_address_than_the_default_is_an_option() -> None:
    assert "wait --server http://jobs.example:1 " in resume_command(IDS[:1], "http://jobs.example:1")


def test_a_program_on_the_path_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "wordcount"
    program.write_text("")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(program)])
    assert resume_command(IDS[:1], DEFAULT_SERVER).startswith("wordcount wait ")


def test_a_module_is_run_again_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/wordcount/__main__.py"])
    assert resume_command(IDS[:1], DEFAULT_SERVER).startswith(shlex.join([sys.executable, "-m", "wordcount", "wait"]))
