"""The command `wordcount` as a person starts it: in a shell, in a terminal, with a pipe behind it."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from dev.waiting import eventually
from embedded.services import PROJECT

COMMAND = (sys.executable, "-m", "wordcount")
END_SECONDS = 120.0
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: its exit status, and what it wrote."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class Started:
    """A command that goes on; `said` is what it has written so far, without control codes."""

    process: "subprocess.Popen[bytes]"
    written: list[bytes] = field(default_factory=list)

    @property
    def said(self) -> str:
        """All of it."""
        return CONTROL.sub("", b"".join(self.written).decode(errors="replace"))

    def wait_until_said(self, text: str) -> None:
        """Return once that stands in it."""
        eventually(lambda: text in self.said, f"the command says {text!r}", seconds=END_SECONDS)

    def end(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(END_SECONDS)


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """A shell's environment in which the manager is at `server`; files go below `home`."""

    server: str
    home: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """No variable of the services is set."""
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "TERM": "xterm-256color",
            "WORDCOUNT_SERVER": self.server,
        }

    def run(self, *arguments: str, given: str = "") -> Ended:
        """Run it to its end, with pipes."""
        return self._ended([*COMMAND, *arguments], given, shell=False)

    def run_line(self, line: str) -> Ended:
        """Let a shell run the line."""
        return self._ended(line, "", shell=True)

    def _ended(self, command: str | list[str], given: str, *, shell: bool) -> Ended:
        done = subprocess.run(
            command,
            shell=shell,
            input=given,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.home,
            timeout=END_SECONDS,
            check=False,
        )
        return Ended(status=done.returncode, out=done.stdout, err=done.stderr)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[Started]:
        """Start it, with its output in pipes that are read together."""
        with subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=self.home,
        ) as process:
            assert process.stdout is not None
            with _followed(process, process.stdout.fileno()) as started:
                yield started

    @contextmanager
    def in_terminal(self, *arguments: str, output: Path | None = None) -> Iterator[Started]:
        """Start it in a terminal of its own, with its standard output in the file `output` if there is one."""
        ours, theirs = pty.openpty()
        try:
            with (
                output.open("wb") if output else nullcontext(theirs) as out,
                subprocess.Popen(
                    [*COMMAND, *arguments], stdin=theirs, stdout=out, stderr=theirs, env=self.environment, cwd=self.home
                ) as process,
            ):
                os.close(theirs)
                with _followed(process, ours) as started:
                    yield started
        finally:
            os.close(ours)


@contextmanager
def _followed(process: "subprocess.Popen[bytes]", output: int) -> Iterator[Started]:
    started = Started(process=process)

    def read() -> None:
        with suppress(OSError):  # a terminal's end, once nobody writes to it
            while piece := os.read(output, 65_536):
                started.written.append(piece)

    reader = Thread(target=read)
    reader.start()
    try:
        yield started
    finally:
        process.kill()
        process.wait()
        reader.join()
