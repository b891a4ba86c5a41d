"""The processes of a running system by group, and the time and memory they use, from /proc.

Every service writes its standard output to a log of its name, its children too: that tells them apart.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
WORKERS = "job_worker"
MAINS, CHILDREN = "mains", "children"
GROUPS = {
    "job_manager": "manager",
    "job_db": "PostgreSQL",
    "job_broker": "Redis",
    "job_viewer": "Flower",
    "job_scheduler": "scheduler",
    "practice_site": "practice site",
    "supervisor": "supervisor",
}


def groups_of(folder: Path) -> dict[str, list[int]]:
    """The processes that log into `folder`: PIDs by group. A worker's main process and its children are two groups."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    logs = {pid: log for pid in pids if (log := _log(pid)).is_relative_to(folder)}
    groups: dict[str, list[int]] = {name: [] for name in ("manager", MAINS, CHILDREN, *GROUPS.values())}
    for pid, log in logs.items():
        if log.stem.startswith(WORKERS):
            groups[CHILDREN if logs.get(_parent(pid)) == log else MAINS].append(pid)
        else:
            groups[GROUPS[log.stem]].append(pid)
    return groups


def used_milliseconds(pids: Iterable[int]) -> float:
    """Processor time so far, that of children that have ended included."""
    return 1_000 * sum(map(_used, pids))


def memory_megabytes(pids: Iterable[int]) -> float:
    """The proportional set size (PSS): each of those who share a page has a part of it."""
    return sum(_kilobytes(pid, "Pss") for pid in pids) / 1_024


def unshared_megabytes(pid: int) -> float:
    """The same of one process, without shared memory: PostgreSQL's buffers fill up with what is asked."""
    return (_kilobytes(pid, "Pss") - _kilobytes(pid, "Pss_Shmem")) / 1_024


def _used(pid: int) -> float:
    """Linux derives the number of a process' clock from its PID; that one counts nanoseconds, /proc ticks."""
    try:
        return time.clock_gettime((~pid << 3) | 2) + sum(map(int, _stat(pid)[13:15])) / TICKS_A_SECOND
    except OSError:
        return 0.0  # it has ended; its parent has the time


def _kilobytes(pid: int, name: str) -> int:
    lines = _read(pid, "smaps_rollup").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def _log(pid: int) -> Path:
    try:
        return Path(f"/proc/{pid}/fd/1").readlink()
    except OSError:
        return Path()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything: state, parent, ..."""
    return _read(pid, "stat").rpartition(")")[2].split() or ["0"] * 50


def _read(pid: int, name: str) -> str:
    """A file of /proc; nothing once the process has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8")
    except OSError:
        return ""
