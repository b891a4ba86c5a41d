"""The stack of `make up` while it runs: `make status`, `stop`, `start`, `peek`, `broker` and `database`.

The stack listens on a Unix socket in its data folder, which only the folder's owner can enter. A request is a line
of words, such as `stop job_worker_01`, and the answer is a line of JSON.
"""

import argparse
import json
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import chdir, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from embedded.errors import StackError
from embedded.services import PROJECT
from embedded.supervisor import Part, Supervisor

FOLDER = PROJECT / ".local"
SOCKET = "control"
ANSWER_SECONDS = 30.0
LOOK_SECONDS = 0.1
MAX_REQUEST_BYTES = 4_096
CLIENTS: Mapping[str, Callable[[str], list[str]]] = {
    "broker": shlex.split,
    "database": lambda statement: ["-c", statement] if statement else [],
}
CHANGES = ("stop", "start")


@dataclass(frozen=True, kw_only=True)
class Status:
    """The parts of a running stack, and where it can be reached: addresses and commands, by name."""

    parts: list[Part]
    where: Mapping[str, str]


class Control:
    """The stack's end of the socket, for the length of a `with` block."""

    def __init__(self, folder: Path, supervisor: Supervisor, where: Mapping[str, str]) -> None:
        self._folder = folder
        self._supervisor = supervisor
        self._where = where
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Self:
        (self._folder / SOCKET).unlink(missing_ok=True)  # left by a stack that was killed
        with chdir(self._folder):  # the path of a socket has about a hundred bytes at most
            self._listener.bind(SOCKET)
        self._listener.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        (self._folder / SOCKET).unlink(missing_ok=True)

    def serve(self, seconds: float) -> None:
        """Answer one request, if it comes within that time."""
        self._listener.settimeout(seconds)
        with suppress(OSError):  # nobody came, or has gone again
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(seconds)
                asked = connection.makefile("rb").readline(MAX_REQUEST_BYTES)
                connection.sendall(json.dumps(self._answer(asked)).encode() + b"\n")

    def _answer(self, asked: bytes) -> dict[str, Any]:
        try:
            match asked.decode(errors="replace").split():
                case ["stop", *part]:
                    self._supervisor.stop_part(" ".join(part))
                case ["start", *part]:
                    self._supervisor.start_part(" ".join(part))
                case ["status"]:
                    pass
                case _:
                    return {"error": "it is no request"}
        except StackError as error:
            return {"error": str(error)}
        return {"parts": [asdict(part) for part in self._supervisor.parts()], "where": dict(self._where)}


def ask(folder: Path, *request: str) -> Status:
    """What the stack on that data folder answers; raises StackError if none runs there, or it refuses."""
    try:
        with socket.socket(socket.AF_UNIX) as connection, chdir(folder):
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(SOCKET)
            connection.sendall(f"{' '.join(request)}\n".encode())
            answer = json.loads(connection.makefile("rb").readline())
    except (FileNotFoundError, NotADirectoryError, ConnectionError) as error:
        raise StackError(
            "no stack of `make up` is up here; with containers, use `docker compose ps`, "
            "`docker compose stop PART` and `docker compose start PART`"
        ) from error
    except (OSError, ValueError) as error:
        raise StackError(f"the stack on {folder} gives no answer ({error})") from error
    if "error" in answer:
        raise StackError(answer["error"])
    return Status(parts=[Part(**part) for part in answer["parts"]], where=answer["where"])


def change(folder: Path, action: str, name: str) -> Part:
    """Stop a part, and wait until it has ended; or start it, and do not wait. Raises StackError if it cannot be."""
    status = ask(folder, action, name)
    while True:
        (part,) = [part for part in status.parts if part.name == name]
        if part.state != "stopping":  # which the supervisor ends after the part's grace
            return part
        time.sleep(LOOK_SECONDS)
        status = ask(folder, "status")


def table(parts: list[Part]) -> str:
    """The parts, one per line, under a heading."""
    rows = [("PART", "STATE", "PID", "SINCE")]
    for part in parts:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(part.since))
        rows.append((part.name, part.state, str(part.pid or "-"), since))
    return "\n".join(f"{name:<14} {state:<11} {pid:>8}  {since}" for name, state, pid, since in rows)


def _look_inside(client: str, arguments: list[str]) -> int:
    """Run the client of broker or database; its exit code."""
    return subprocess.run([*shlex.split(client), *arguments], check=False).returncode  # noqa: S603 - the stack's own


def _peek(where: Mapping[str, str]) -> int:
    """Show the messages that wait; returns the exit code."""
    environment = os.environ | {key: where[key] for key in ("CELERY_BROKER_URL", "DATABASE_URL")}
    command = [sys.executable, "-m", "job_worker.peek"]
    return subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode  # noqa: S603 - our own


def main() -> int:
    """Do what is asked; returns the exit code: 0, or 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m embedded.control", description="Look at the stack, or change it.")
    parser.add_argument("action", choices=["status", "peek", *CHANGES, *CLIENTS])
    parser.add_argument("argument", nargs="?", default="", help="a part, or what to ask broker or database")
    parser.add_argument("--data", type=Path, default=FOLDER, help="where its data are (default: %(default)s)")
    asked = parser.parse_args()
    try:
        if asked.action == "status":
            sys.stdout.write(f"{table(ask(asked.data, 'status').parts)}\n")
            return 0
        if asked.action == "peek":
            return _peek(ask(asked.data, "status").where)
        if asked.action in CLIENTS:
            return _look_inside(ask(asked.data, "status").where[asked.action], CLIENTS[asked.action](asked.argument))
        part = change(asked.data, asked.action, asked.argument)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{part.name} is {part.state}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
