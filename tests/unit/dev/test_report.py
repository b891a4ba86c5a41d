"""The table of a chaos run, and what it makes of a recovery that took too long."""

from dev.chaos.checks import Breach, Flaw
from dev.chaos.run import Outcome
from dev.chaos.watch import Injected, slow


def injected(fault: str, *jobs: str, seconds: float = 1.0, late: str = "") -> Injected:
    return Injected(fault=fault, jobs=frozenset(jobs), recovery_seconds=seconds, late=frozenset(filter(None, [late])))


def test_a_line_for_each_fault_and_one_for_all() -> None:
    faults = [injected("b", "1", "2", seconds=3.04), injected("a", "3"), injected("b", "2", seconds=12.5)]
    breaches = [
        Breach(flaw=Flaw.LOST, job_id="2", detail="still PENDING"),
        Breach(flaw=Flaw.DOUBLED, job_id="3", detail="succeeded 2 times"),
        Breach(flaw=Flaw.DOUBLED, job_id="3", detail="again"),
        Breach(flaw=Flaw.WRONG, job_id="1", detail="40 words"),
    ]
    outcome = Outcome(injected=faults, jobs=3, seconds=10, breaches=breaches, queue="")
    assert outcome.table().splitlines() == [
        "fault  times  in flight  lost  doubled  worst recovery s",
        "a          1          1     0        1               1.0",
        "b          2          3     1        0              12.5",
        "all        3          4     1        1              12.5",
    ]


def test_every_job_that_was_late_is_a_breach() -> None:
    found = list(slow([injected("a", "1"), injected("b", "1", "2", seconds=44.5, late="2")]))
    assert [str(breach) for breach in found] == ["slow: 2: not ended 30 s after b; it took 44.5 s"]
