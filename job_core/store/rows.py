"""Rows as values."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from job_core.job import Job, OnFailure, Phase, State

FIELDS = frozenset(field.name for field in fields(Job))


def job_of(row: Row[Any]) -> Job:
    """A row of `jobs`; what it holds besides is left out."""
    columns = {name: value for name, value in row._mapping.items() if name in FIELDS}  # noqa: SLF001 - SQLAlchemy's documented name
    read = {"state": State(row.state), "phase": Phase(row.phase), "on_failure": OnFailure(row.on_failure)}
    return Job(**columns | read)
