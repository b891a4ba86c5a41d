"""A walk through experiments on a running stack: runs the commands that it shows, and shows what they say."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from embedded.errors import StackError
from embedded.found_stack import FoundStack
from embedded.services import PROJECT

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ENDED = {"SUCCESS", "FAILURE", "REVOKED"}
COMMAND_SECONDS = 300.0
ASK_SECONDS = 30.0
END_SECONDS = 300.0  # two workers that start on a busy, slow machine may take two minutes
LOOK_SECONDS = 0.25
SHOWN_LINES = 24
SHOWN_WIDTH = 200


class Walk:
    """One walk through the experiments, on a running stack."""

    def __init__(self, stack: FoundStack, *, waits: bool) -> None:
        self.stack = stack
        self._waits = waits
        self._stopped: list[str] = []
        programs = Path(sys.executable).parent
        self._environment = {
            **{key: value for key, value in os.environ.items() if key != "MAKELEVEL"},
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "MAKEFLAGS": f"--no-print-directory -- PYTHON={sys.executable}",
            "WORDCOUNT_SERVER": stack.manager,
        }

    @property
    def server(self) -> str:
        """The manager's host and port, as curl takes them."""
        return self.stack.manager.removeprefix("http://")

    def say(self, *sentences: str) -> None:
        """What is about to happen, and why."""
        show("", *sentences, "")

    def saw(self, *sentences: str) -> None:
        """What has been seen, in figures."""
        show("", *(f"=> {sentence}" for sentence in sentences))

    def run(self, command: str, *, only: str = "") -> str:
        """Show the command, run it, and show what it says; returns that. `only` is a pattern of the lines to show.

        It may fail: failing is the point of some. Raises StackError if it takes too long.
        """
        show(f"$ {command}")
        try:
            ended = subprocess.run(  # noqa: S602 - the very line that a person would type
                command,
                shell=True,
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise StackError(f"that took more than {COMMAND_SECONDS:g} s: {command}") from error
        lines = [line for line in ended.stdout.splitlines() if line.strip() and re.search(only, line)]
        show(*(f"  {line[:SHOWN_WIDTH]}" for line in lines[:SHOWN_LINES]))
        if len(lines) > SHOWN_LINES:
            show(f"  ... and {len(lines) - SHOWN_LINES:,} lines more")
        return ended.stdout

    def job_of(self, said: str) -> str:
        """The id of the first job that is named there; raises StackError if none is."""
        found = ID.search(said)
        if found is None:
            raise StackError(f"no job was accepted: {said.strip()}")
        return found[0]

    def stop(self, *parts: str) -> None:
        """Stop parts, which are started again at the end at the latest."""
        for part in parts:
            self._stopped.append(part)
            self.run(self.stack.stop(part), only=part)

    def start(self, *parts: str) -> None:
        """Start parts that were stopped."""
        for part in parts:
            self.run(self.stack.start(part), only=part)
            self._stopped.remove(part)

    def kill(self, part: str) -> None:
        """Kill a part. Containers that were killed need a start, as stopped parts do; processes are started again."""
        command = self.stack.kill(part)
        if not command.startswith("kill"):
            self._stopped.append(part)
        self.run(command, only=part)

    @property
    def stopped(self) -> list[str]:
        """What is stopped at present."""
        return list(self._stopped)

    @contextmanager
    def whole_again(self) -> Iterator[None]:
        """At the end of the block, however it ends, what was stopped in it is started."""
        try:
            yield
        finally:
            self.start(*self.stopped)

    def ask(self, path: str) -> dict[str, Any]:
        """The manager's answer, as JSON; raises StackError if there is none."""
        return dict(json.loads(self._read(path)))

    def _read(self, path: str) -> str:
        """The manager's answer, asked for again while it is 503."""
        deadline = time.monotonic() + ASK_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.stack.manager}{path}", timeout=ASK_SECONDS) as answer:  # noqa: S310 - http
                    return str(answer.read(), "utf-8")
            except urllib.error.HTTPError as error:
                if error.code == HTTPStatus.UNAUTHORIZED:
                    raise StackError("the stack wants an API key; `make lecture` needs one without") from error
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                    raise StackError(f"{self.stack.manager}{path} was answered by {error}") from error
            except OSError as error:
                raise StackError(f"{self.stack.manager}{path} gave no answer: {error}") from error
            time.sleep(LOOK_SECONDS)

    def ended(self, job_id: str) -> dict[str, Any]:
        """The job, once it has ended; raises StackError if that takes too long."""
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            job = self.ask(f"/result/{job_id}?wait=5")
            if job["status"] in ENDED:
                return job
        raise StackError(f"job {job_id} has not ended after {END_SECONDS:g} s")

    def messages(self) -> int:
        """How many messages wait in the broker, by the manager's figures; raises StackError if it cannot tell."""
        deadline = time.monotonic() + ASK_SECONDS
        while (found := re.search(r"^wordcount_messages (\S+)$", self._read("/metrics"), re.MULTILINE)) is None:
            if time.monotonic() > deadline:
                raise StackError("the manager does not know how many messages wait")
            time.sleep(LOOK_SECONDS)
        return int(float(found[1]))

    def pause(self) -> None:
        """Wait for Enter."""
        if self._waits:
            sys.stdout.write("\n[Enter goes on, Ctrl-C ends] ")
            sys.stdout.flush()
            sys.stdin.readline()


def show(*lines: str) -> None:
    """Write the lines, at once."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
