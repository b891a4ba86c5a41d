"""Kinds of jobs for faults: `scatter` has many children, each a `piece`, and joins them; `devour` takes all memory."""

from collections import Counter
from collections.abc import Iterator

from pydantic import BaseModel

from dev.chaos.family import CHILDREN, FAILED, FAILING
from job_core.errors import PermanentError
from job_core.kinds import EndedChild, FanOut, GoOn, RunningJob
from job_tasks.job_tasks import core

A_TURN = 50
MEGABYTES_10 = 10_000_000


class Named(BaseModel):
    """The request of a parent, or of a job that takes all memory."""

    name: str

    def label(self) -> str:
        """Its name."""
        return self.name


class Piece(BaseModel):
    """The request of a child."""

    parent: str
    number: int

    def label(self) -> str:
        """The number after the name of the parent."""
        return f"{self.parent}/{self.number}"


@core.task()
def piece(piece: Piece) -> dict[str, int]:
    """Return the number, or fail."""
    if piece.number % FAILING == 0:
        raise PermanentError("It fails on purpose.", type=FAILED)
    return {"number": piece.number}


def gather(_named: Named, pieces: Iterator[EndedChild]) -> dict[str, dict[str, int]]:
    """Count the children by their ends."""
    return {"ended": Counter(piece.state for piece in pieces)}


@core.task(join=gather)
def scatter(scatter: Named, job: RunningJob) -> GoOn | FanOut:
    """Submit the children, some in each turn."""
    done = (job.progress or {}).get("done", 0) + A_TURN
    children = [piece.job(Piece(parent=scatter.name, number=number)) for number in range(done - A_TURN, done)]
    return FanOut(children) if done >= CHILDREN else GoOn({"done": done}, children)


@core.task()
def devour(_named: Named) -> dict[str, int]:
    """Take more and more memory, and use it."""
    taken = []
    while True:
        taken.append(b"x" * MEGABYTES_10)
