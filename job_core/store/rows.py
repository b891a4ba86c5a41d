"""Rows as values."""

from typing import Any

from sqlalchemy import Row

from job_core.job import Job, OnFailure, Phase, State


def job_of(row: Row[Any]) -> Job:
    """A row of `jobs`."""
    columns = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    read = {"state": State(row.state), "phase": Phase(row.phase), "on_failure": OnFailure(row.on_failure)}
    return Job(**columns | read)
