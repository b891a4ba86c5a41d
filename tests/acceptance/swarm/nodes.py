"""Machines that make a swarm: each an engine in namespaces of its own, on a wire to a switch of this machine.

To make them takes root, Linux and the engine's programs. They share nothing with this machine's engine but the kernel.
"""

import ipaddress
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil

from dev.containers import docker
from dev.waiting import eventually
from embedded.services import PROJECT

PROGRAMS = ("docker", "dockerd", "ip", "nsenter", "unshare")
NETWORKS = "198.18.0.0/16"  # RFC 2544: for benchmarks, so nobody else has them
SWITCH = f"wc{os.getpid()}"  # a bridge and its network namespace, where this machine's engine filters nothing
MEMORY, ROOM_BYTES = Path("/dev/shm"), 8 << 30
START_SECONDS, END_SECONDS, LOAD_SECONDS, SHELL_SECONDS = 60.0, 30.0, 300.0, 120.0
# The engine's sockets, its containers' namespaces and its process file are on a /run of the node's own. No service can
# ask for no new privileges, so the engine does for all, as docs/swarm.md says.
_BEGIN = """
mount -t tmpfs run /run
hostname "$0"
exec >"$1/engine.log" 2>&1
exec dockerd --no-new-privileges --host "unix://$1/docker.sock" --data-root "$1/data" --storage-driver overlay2 \\
    --cgroup-parent "/$2"
"""


def why_not() -> str | None:
    """Why this process can make no nodes, or None if it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "the nodes of a swarm take Linux and root"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"the nodes of a swarm take {', '.join(missing)}" if missing else None


@dataclass(kw_only=True)
class Node:
    """A machine with an engine."""

    name: str
    address: str
    wire: str  # the switch's end of it, and the name of the node's network namespace and control group
    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def docker(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """The output of a command of this node's engine."""
        return docker("--host", f"unix://{self.folder}/docker.sock", *arguments, environment=environment)

    def shell(self, commands: str, environment: Mapping[str, str]) -> str:
        """The output of commands that a person on this node would give, in the project's folder."""
        here = {**environment, "DOCKER_HOST": f"unix://{self.folder}/docker.sock"}
        command = ["sh", "-euc", commands]
        ended = subprocess.run(
            command, check=False, cwd=PROJECT, env=here, capture_output=True, text=True, timeout=SHELL_SECONDS
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def start(self) -> None:
        """Start the engine, and wait until it answers."""
        spaces = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        begin = ["sh", "-euc", _BEGIN, self.name, str(self.folder), self.wire]
        self.process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.wire}", *spaces, *begin], start_new_session=True
        )
        eventually(self._answers, f"the engine of {self.name} answers", seconds=START_SECONDS)

    def _answers(self) -> bool:
        assert self.process
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name}: {(self.folder / 'engine.log').read_text(encoding='utf-8')[-2000:]}")
        asked = ["docker", "--host", f"unix://{self.folder}/docker.sock", "info"]
        return subprocess.run(asked, check=False, capture_output=True, timeout=START_SECONDS).returncode == 0

    def load(self, images: Sequence[str]) -> None:
        """Copy images of this machine's engine."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
            load = ["docker", "--host", f"unix://{self.folder}/docker.sock", "load", "--quiet"]
            subprocess.run(load, check=True, stdin=saved.stdout, stdout=subprocess.DEVNULL, timeout=LOAD_SECONDS)
        assert saved.returncode == 0

    def share_images(self, other: Self) -> None:
        """Give a node that has not started yet all images. Layers are never written to, so links to their files do."""
        other.data.mkdir()
        for folder, how in (("image", "-a"), ("overlay2", "-al")):
            subprocess.run(["cp", how, self.data / folder, other.data / folder], check=True, timeout=LOAD_SECONDS)

    @property
    def data(self) -> Path:
        """The engine's data."""
        return self.folder / "data"

    def lose_power(self) -> None:
        """Everything on it ends at once, and nobody hears of it: the wire goes first."""
        _ip("-netns", SWITCH, "link", "set", self.wire, "down")
        self.kill()

    def kill(self) -> None:
        """End the first process of its process namespace, and so the engine, its containers and its mounts."""
        if self.process:
            self.process.kill()
            self.process.wait()
            eventually(self._has_no_groups, f"all processes of {self.name} have ended", seconds=END_SECONDS)

    def _has_no_groups(self) -> bool:
        """Whether the control groups of its containers are gone: the kernel removes none that has a process."""
        roots = [*Path("/sys/fs/cgroup").glob(self.wire), *Path("/sys/fs/cgroup").glob(f"*/{self.wire}")]
        for root in roots:
            for folder, _, _ in os.walk(root, topdown=False):
                with suppress(OSError):
                    os.rmdir(folder)  # noqa: PTH106 - os.walk gives strings
        return not any(root.exists() for root in roots)


@contextmanager
def made_nodes(names: Sequence[str]) -> Iterator[list[Node]]:
    """Nodes that can be started; afterwards nothing is left of them, whatever ended the block."""
    network = list(ipaddress.ip_network(NETWORKS).subnets(new_prefix=24))[os.getpid() % 256]
    here, *addresses = network.hosts()
    # What `timeout` ends must clean up, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as ends:
        _ip("netns", "add", SWITCH)
        ends.callback(_ip, "netns", "delete", SWITCH)  # and all wires with it
        _ip("-netns", SWITCH, "link", "add", SWITCH, "type", "bridge")
        _ip("-netns", SWITCH, "link", "set", SWITCH, "up")
        _ip("link", "add", SWITCH, "type", "veth", "peer", "name", "here", "netns", SWITCH)
        _ip("-netns", SWITCH, "link", "set", "here", "master", SWITCH, "up")
        _ip("address", "add", f"{here}/24", "dev", SWITCH)
        _ip("link", "set", SWITCH, "up")
        nodes = []
        for number, (name, address) in enumerate(zip(names, addresses, strict=False)):
            folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="swarm-", dir=_where_there_is_room())))
            node = Node(name=name, address=str(address), wire=f"{SWITCH}n{number}", folder=folder)
            _ip("netns", "add", node.wire)
            ends.callback(_ip, "netns", "delete", node.wire)
            _wire_up(node)
            ends.callback(node.kill)
            nodes.append(node)
        yield nodes


def _where_there_is_room() -> Path | None:
    """In memory, where images are unpacked and removed much faster; else where temporary files are."""
    return MEMORY if MEMORY.is_dir() and min(_free_bytes()) > ROOM_BYTES else None


def _free_bytes() -> tuple[int, int]:
    return psutil.virtual_memory().available, shutil.disk_usage(MEMORY).free


def _wire_up(node: Node) -> None:
    _ip("-netns", SWITCH, "link", "add", node.wire, "type", "veth", "peer", "name", "eth0", "netns", node.wire)
    _ip("-netns", SWITCH, "link", "set", node.wire, "master", SWITCH, "up")
    _ip("-netns", node.wire, "address", "add", f"{node.address}/24", "dev", "eth0")
    _ip("-netns", node.wire, "link", "set", "lo", "up")
    _ip("-netns", node.wire, "link", "set", "eth0", "up")


def _ip(*arguments: str) -> str:
    asked = subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=END_SECONDS)
    return asked.stdout
