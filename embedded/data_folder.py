"""The folder for everything that the stack keeps: data, passwords and logs. One stack at a time uses it."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from embedded.errors import StackError
from embedded.guard import is_running

LOCK_SECONDS = 15.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """Made once per data folder."""

    broker: str
    database: str
    viewer: str


class DataFolder:
    """A data folder, existing or new."""

    def __init__(self, path: Path) -> None:
        """Makes the folder if it is missing; raises StackError if that is not allowed."""
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if self.path.stat().st_uid != os.geteuid():
                raise StackError(f"{self.path} belongs to another user; run this as that user, or remove the folder")
            self.path.chmod(0o700)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise StackError(f"{self.path} cannot be used: {error.strerror}") from error

    @property
    def logs(self) -> Path:
        """Where each service has its log."""
        return self.path / "logs"

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Lock the folder; yields the lock's file descriptor. Raises StackError if another stack holds the lock.

        If that one was killed, its guard gets time to stop its services.
        """
        with (self.path / "lock").open("a+", encoding="ascii") as lock:
            deadline = time.monotonic() + LOCK_SECONDS
            while not _try_lock(lock):
                lock.seek(0)
                holder = lock.read().strip()
                if time.monotonic() > deadline or (holder.isdecimal() and is_running(int(holder))):
                    raise StackError(f"a stack runs on {self.path} already (process {holder}); stop it first")
                time.sleep(LOOK_SECONDS)
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield lock.fileno()

    def passwords(self) -> Passwords:
        """The passwords of this folder, made at the first use and kept in a file that only its owner can read."""
        file = self.path / "passwords.json"
        if file.exists():
            return Passwords(**json.loads(file.read_text(encoding="ascii")))
        made = Passwords(
            broker=secrets.token_urlsafe(),
            database=secrets.token_urlsafe(),
            viewer=secrets.token_urlsafe(12),
        )
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(vars(made)), encoding="ascii")
        draft.replace(file)
        return made


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
