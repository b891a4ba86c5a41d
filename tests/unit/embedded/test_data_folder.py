import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from embedded import data_folder as data_folder_module
from embedded.data_folder import DataFolder
from embedded.errors import StackError


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "new" / "data")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_passwords_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    passwords = DataFolder(tmp_path).passwords()
    assert DataFolder(tmp_path).passwords() == passwords
    assert len({passwords.broker, passwords.database, passwords.viewer}) == 3
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600


def test_two_folders_have_different_passwords(tmp_path: Path) -> None:
    assert DataFolder(tmp_path / "a").passwords() != DataFolder(tmp_path / "b").passwords()


def test_a_second_stack_on_the_same_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with (
        folder.locked(),
        pytest.raises(StackError, match=rf"{tmp_path} already \(process {os.getpid()}\)"),
        folder.locked(),
    ):
        pytest.fail("the folder was held twice")


def test_the_folder_can_be_held_again_afterwards(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for _ in range(2):
        with folder.locked():
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_one_that_is_still_dying_is_waited_for(tmp_path: Path) -> None:
    """As when the supervisor was killed and its guard, which has the lock too, still ends the services."""
    folder = DataFolder(tmp_path)
    with folder.locked() as lock:
        guard = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(0.5)"], pass_fds=[lock])
    (tmp_path / "lock").write_text(f"{_number_of_no_process()}\n")
    with guard, folder.locked():
        assert guard.wait(timeout=10) == 0


def test_one_that_never_dies_is_not_waited_for_forever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder_module, "LOCK_SECONDS", 0.2)
    folder = DataFolder(tmp_path)
    with folder.locked():
        (tmp_path / "lock").write_text(f"{_number_of_no_process()}\n")
        with pytest.raises(StackError, match="a stack runs on"), folder.locked():
            pytest.fail("the folder was held twice")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="file/data cannot be used: Not a directory"):
        DataFolder(tmp_path / "file" / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that is another user's")
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(StackError, match="belongs to another user"):
        DataFolder(tmp_path)


def _number_of_no_process() -> int:
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", ""]) as ended:
        return ended.pid
