"""The table of a chaos run, and what it makes of a recovery that took too long."""

from dev.chaos.checks import Breach, Kind
from dev.chaos.recovery import Injected
from dev.chaos.report import slow, table


def injected(fault: str, *jobs: str, seconds: float = 1.0, late: str = "") -> Injected:
    return Injected(fault=fault, jobs=frozenset(jobs), recovery_seconds=seconds, late=frozenset(filter(None, [late])))


def test_a_line_for_each_fault_and_one_for_all() -> None:
    faults = [injected("b", "1", "2", seconds=3.04), injected("a", "3"), injected("b", "2", seconds=12.5)]
    breaches = [
        Breach(kind=Kind.LOST, job_id="2", detail="still PENDING"),
        Breach(kind=Kind.DOUBLED, job_id="3", detail="succeeded 2 times"),
        Breach(kind=Kind.DOUBLED, job_id="3", detail="again"),
        Breach(kind=Kind.WRONG, job_id="1", detail="40 words"),
    ]
    assert table(faults, breaches).splitlines() == [
        "fault  times  in flight  lost  doubled  worst recovery s",
        "a          1          1     0        1               1.0",
        "b          2          3     1        0              12.5",
        "all        3          4     1        1              12.5",
    ]


def test_every_job_that_was_late_is_a_breach() -> None:
    found = list(slow([injected("a", "1"), injected("b", "1", "2", seconds=44.5, late="2")], 30))
    assert [str(breach) for breach in found] == ["slow: 2: not ended 30 s after b; recovery took 44.5 s"]
