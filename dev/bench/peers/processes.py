"""The processes of a running system, by group, and what they have used, by /proc.

Every service writes its standard output to a log of its name, its children too: by that they are told apart.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
WORKERS = "job_worker"
GROUPS = {
    "job_manager": "manager",
    "job_db": "PostgreSQL",
    "job_broker": "Redis",
    "job_viewer": "Flower",
    "job_scheduler": "scheduler",
    "supervisor": "supervisor",
}


def groups_of(folder: Path) -> dict[str, list[int]]:
    """The processes that log into `folder`: PIDs by group. A worker's main process and its children are two groups."""
    logs = {pid: log for pid in _all_pids() if (log := _log(pid)).is_relative_to(folder)}
    groups = defaultdict(list)
    for pid, log in logs.items():
        if log.stem.startswith(WORKERS):
            groups["children" if logs.get(_parent(pid)) == log else "mains"].append(pid)
        else:
            groups[GROUPS[log.stem]].append(pid)
    return groups


def used_seconds(groups: Mapping[str, Iterable[int]]) -> dict[str, float]:
    """Processor seconds of each group so far, those of children that have ended among them."""
    return {name: sum(map(_used, pids)) for name, pids in groups.items()}


def memory_megabytes(groups: Mapping[str, Iterable[int]]) -> dict[str, float]:
    """The proportional set size (PSS) of each group: each of those who share a page has a part of it."""
    return {name: sum(map(_kilobytes, pids)) / 1_024 for name, pids in groups.items()}


def _used(pid: int) -> float:
    """Linux derives the number of a process' clock from its PID; that one counts nanoseconds, /proc ticks."""
    try:
        return time.clock_gettime((~pid << 3) | 2) + sum(map(int, _stat(pid)[13:15])) / TICKS_A_SECOND
    except OSError:
        return 0.0  # it has ended; its parent has the time


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _log(pid: int) -> Path:
    try:
        return Path(f"/proc/{pid}/fd/1").readlink()
    except OSError:
        return Path()


def _parent(pid: int) -> int:
    try:
        return int(_stat(pid)[1])
    except OSError:
        return 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
