"""A machine beyond the engine: a network namespace with a wire to this machine. To make one takes root and `ip`.

Like all machines beyond, it knows no way to the private addresses of containers: it can answer those only to whom the
engine lends this machine's address.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dev.waiting import eventually

HERE, THERE = "198.51.100.1", "198.51.100.2"  # RFC 5737: nobody else has them
PORT = 8000
COMMAND_SECONDS = 10.0


def can_be_made() -> bool:
    """Whether this process may make one."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


@contextmanager
def other_machine() -> Iterator[tuple[str, int]]:
    """The address and port at which it listens."""
    name = f"wc{os.getpid()}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", name, "type", "veth", "peer", "name", "wire", "netns", name)
        _ip("address", "add", f"{HERE}/30", "dev", name)
        _ip("link", "set", name, "up")
        _ip("-netns", name, "address", "add", f"{THERE}/30", "dev", "wire")
        _ip("-netns", name, "link", "set", "wire", "up")
        server = [sys.executable, "-m", "http.server", str(PORT), "--bind", THERE]
        with subprocess.Popen(
            ["ip", "netns", "exec", name, *server], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as listener:
            try:
                eventually(lambda: _listens(name), "the other machine listens", seconds=COMMAND_SECONDS)
                yield THERE, PORT
            finally:
                listener.kill()
    finally:
        _ip("netns", "delete", name)  # and the wire with it


def _listens(name: str) -> bool:
    """By the kernel's table of its sockets: 0A is LISTEN (proc_net_tcp of the kernel's manual)."""
    return f":{PORT:04X} 00000000:0000 0A " in _ip("netns", "exec", name, "cat", "/proc/net/tcp")


def _ip(*arguments: str) -> str:
    asked = subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=COMMAND_SECONDS)
    return asked.stdout
