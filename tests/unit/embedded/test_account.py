import os
import pwd
from pathlib import Path

import pytest

from embedded.account import Account, account_for, shared_folder

NOBODY = pwd.getpwnam("nobody")


def test_an_ordinary_user_runs_everything_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account_for(tmp_path) is None


def test_root_runs_the_database_as_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert account_for(tmp_path / "new") == Account(uid=NOBODY.pw_uid, gid=NOBODY.pw_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that is another user's")
def test_data_that_are_an_ordinary_users_are_left_to_that_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 5678)
    assert account_for(tmp_path) == Account(uid=1234, gid=5678)


def test_the_shared_folder_is_one_that_everyone_may_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(private))
    shared = shared_folder()
    assert shared != private
    assert all(folder.stat().st_mode & 0o001 for folder in (shared, *shared.parents))
