"""The stack as `make up` starts it, for the tests that see it as a person does."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import requests

from dev.waiting import eventually
from embedded.ports import LOOPBACK, free_ports
from job_tasks.api_keys import ApiKey, hash_key, make_key

PROJECT = Path(__file__).parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 60.0
KEY = make_key()
FEW_PROCESSES = {"WORKER_CONCURRENCY": "2", "MANAGER_PROCESSES": "1"}  # the usual 24 and 2 take longer to start
MANAGER_API_KEYS = str(ApiKey(name="ci", sha256=hash_key(KEY)))


def _arguments(process: psutil.Process) -> list[str]:
    """What it was started with; nothing once it has ended, also in the middle of this."""
    with suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def is_gone(process: psutil.Process) -> bool:
    """Whether it runs no more; one that only waits to be reaped does not run."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Stack:
    """A run of `python -m embedded.up`, and a client of its manager who has the API key."""

    def __init__(self, data: Path, output: Path, environment: Mapping[str, str]) -> None:
        self.manager_port, self.viewer_port = free_ports(2)
        ports = {"MANAGER_PORT": str(self.manager_port), "FLOWER_PORT": str(self.viewer_port)}
        self._output = output
        with output.open("w") as file:
            self.process = psutil.Popen(
                [sys.executable, "-m", "embedded.up", "--data", str(data)],
                cwd=PROJECT,
                env={**os.environ, **FEW_PROCESSES, **ports, **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_until_up(self) -> None:
        eventually(lambda: "The stack is up" in self.output or self.process.poll() is not None, seconds=START_SECONDS)
        assert self.process.poll() is None, self.output

    def kill(self) -> list[psutil.Process]:
        """Kill it, and it alone; gives the processes that it had, the guard among them."""
        processes = self.process.children(recursive=True)
        self.process.kill()
        self.process.wait(STOP_SECONDS)
        return processes

    def stop(self) -> list[psutil.Process]:
        """Stop it as a person's machine does, to a good end; gives the processes that it had."""
        processes = self.process.children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(STOP_SECONDS) == 0
        return processes

    def workers(self, name: str) -> list[psutil.Process]:
        """The main process of a worker; none while it is being started again."""
        return [process for process in self.process.children() if f"{name}@%h" in _arguments(process)]

    def is_ready(self) -> bool:
        """Whether it would accept and run a job."""
        return bool(self._get("/readyz")["status"] == "ready")

    def count(self, url: str) -> dict[str, Any]:
        """The ended job that counts a page."""
        return self.result(self.post("/count", {"url": url}).json()["id"])

    def result(self, job_id: str) -> dict[str, Any]:
        return self._get(f"/result/{job_id}?wait=20")

    def post(self, path: str, body: Mapping[str, str], *, key: str | None = KEY) -> requests.Response:
        """What the manager answers a caller with that API key, or with none."""
        return requests.post(self._url(path), json=body, headers=_known_by(key), timeout=30)

    def control(self, folder: Path, *arguments: str) -> str:
        """What `make status`, `make stop` or `make start` says."""
        command = (sys.executable, "-m", "embedded.control", *arguments, "--data", str(folder / "data"))
        return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout

    def stop_worker_by_flower(self, worker: str) -> int:
        """The status with which Flower answers somebody who has logged in."""
        login = re.search(r"user (\w+), password (\S+)\)", self.output)
        assert login, self.output
        user, password = login.groups()
        url = f"http://{LOOPBACK}:{self.viewer_port}/api/worker/shutdown/{worker}"
        return requests.post(url, auth=(user, password), timeout=30).status_code

    def look_into(self, server: str, *arguments: str) -> str:
        """What the command says that the stack printed for that server."""
        eventually(lambda: "To look inside" in self.output, seconds=5)
        command = re.search(rf"^  {server} +(.+)$", self.output, re.MULTILINE)
        assert command, self.output
        return subprocess.run([*shlex.split(command[1]), *arguments], check=True, capture_output=True, text=True).stdout

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)

    def _get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(self._url(path), headers=_known_by(KEY), timeout=30).json()
        return answer

    def _url(self, path: str) -> str:
        return f"http://{LOOPBACK}:{self.manager_port}{path}"


def _known_by(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}
