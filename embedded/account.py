"""Which user runs PostgreSQL, which refuses to run as root.

A clone may lie below a folder that only root can enter. Two steps make PostgreSQL work there; they only need the right
to change owner and user, which root has in containers too:
- The programs are copied to a temporary folder that everyone can enter.
- The data stay in place, owned by the account. The process changes into their folder before it drops root, and uses the
  path `/proc/self/cwd`, which needs no access to the folders above.
"""

import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import StackError

UNPRIVILEGED_USER = "nobody"
SHARED_FOLDERS = ("/var/tmp", "/tmp", "/dev/shm")  # noqa: S108 - only fresh files of our own are used in them
ADVICE = "PostgreSQL does not run as root; run this as an ordinary user"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user and its group, by number."""

    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """The account to run under if the caller is root; None for an ordinary user, who runs everything.

    Data that already belong to another user stay with that user.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError as error:
        raise StackError(f"{ADVICE}: there is no user {UNPRIVILEGED_USER}") from error
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def change_owner(path: Path, account: Account | None) -> None:
    """Make the account the owner of `path`, but of nothing in it; raises StackError if root may not do that."""
    if account is None:
        return
    try:
        os.chown(path, account.uid, account.gid)
    except OSError as error:
        raise StackError(f"{ADVICE}: root may not change the owner of {path} here ({error.strerror})") from error


def shared_folder() -> Path:
    """A folder for temporary files that every user can enter, on a file system that allows programs to run."""
    for candidate in (tempfile.gettempdir(), *SHARED_FOLDERS):
        folder = Path(candidate).resolve()
        if _everyone_may_enter(folder) and os.access(folder, os.W_OK) and not _forbids_programs(folder):
            return folder
    raise StackError("no temporary folder can be entered by every user and allows programs to run; set TMPDIR to one")


def _everyone_may_enter(folder: Path) -> bool:
    return folder.is_dir() and all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def _forbids_programs(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))
