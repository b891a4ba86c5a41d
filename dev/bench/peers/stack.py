"""The stack of this project, as `make up` runs it, at default settings except that it may fetch from loopback."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.bench.peers.processes import groups_of
from dev.bench.peers.system import System, connected
from embedded.ports import free_ports
from embedded.services import PROJECT

READY = "The stack is up"
READY_SECONDS = 120.0
STOP_SECONDS = 60.0
ENDED = "SELECT id::text, extract(epoch FROM finished_at) FROM jobs WHERE state = 'SUCCESS'"


@contextmanager
def running_stack(folder: Path, pages_port: int) -> Iterator[System]:
    """The stack, ready for jobs; its data are in `folder`."""
    manager_port, viewer_port = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "FETCH_ALLOWED_PORTS": str(pages_port),
        "FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "MANAGER_PORT": str(manager_port),
        "FLOWER_PORT": str(viewer_port),
    }
    command = [sys.executable, "-m", "embedded.up", "--data", str(folder / "data")]
    log = folder / "supervisor.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, cwd=PROJECT, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        _wait(process, log)
        with connected(folder, _servers(folder), ENDED, (sys.executable, str(manager_port))) as system:
            yield system
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while READY not in (said := log.read_text(encoding="utf-8")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the stack did not start:\n{said}")
        time.sleep(0.1)


def _servers(folder: Path) -> dict[str, str]:
    """The servers' addresses, from the environment of the stack's manager."""
    manager = groups_of(folder)["manager"][0]
    lines = Path(f"/proc/{manager}/environ").read_text(encoding="utf-8").split("\0")
    environment = dict(line.split("=", 1) for line in lines if line)
    return {"DATABASE_URL": environment["DATABASE_URL"], "REDIS_URL": environment["CELERY_BROKER_URL"]}
