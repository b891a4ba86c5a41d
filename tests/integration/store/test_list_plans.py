"""Every question of `GET /jobs` reads an index from where the page begins, and little more than it returns."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, NullPool, create_engine

from dev.bench.many_jobs import COLD_LABEL, HOT_LABEL, fill, nodes, plan_of
from embedded.servers import Servers
from job_core.job import State
from job_core.store import read
from job_core.store.migrate import migrate
from job_core.store.numbers import numbers_of_batch
from job_core.store.read import JobFilter
from tests.integration.databases import another_database

MANY = 20_000
LIMIT = 20
FEW = 400  # of which PostgreSQL may rather read all and sort them; the surge of waiting jobs is 2,000


@pytest.fixture(scope="module")
def filled(servers: Servers) -> Iterator[Connection]:
    """A connection that sees many jobs, in a database of their own."""
    with another_database(servers, "filled") as url:
        migrate(url)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            fill(connection, MANY)
            yield connection


@pytest.fixture(scope="module")
def owned(servers: Servers) -> Iterator[Connection]:
    """The same with jobs of two owners among those that have none."""
    with another_database(servers, "owned") as url:
        migrate(url)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            fill(connection, MANY, owned=True)
            yield connection


@pytest.fixture(scope="module")
def with_children(servers: Servers) -> Iterator[tuple[Connection, UUID]]:
    """A connection that sees many jobs, half of which are children, the newest of all among them; and their parent."""
    with another_database(servers, "with_children") as url:
        migrate(url)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            fill(connection, MANY)
            parent = deep(connection)
            connection.exec_driver_sql("ALTER TABLE jobs DISABLE TRIGGER USER")
            connection.exec_driver_sql("UPDATE jobs SET parent_id = %s WHERE id > %s", (parent, parent))
            connection.exec_driver_sql("VACUUM ANALYZE jobs")
            yield connection, parent


def plan_of_list(connection: Connection, which: JobFilter, *, run: bool) -> dict[str, Any]:
    """How it is found which jobs are on a page."""
    return plan_of(connection, partial(read.page_of, which=which, text=None, limit=LIMIT), run=run, statement=0)


def index_read_in_order(plan: dict[str, Any]) -> str:
    """The index of a plan that reads it from where the page begins to where it ends, and does nothing else."""
    limit, scan = nodes(plan["Plan"])
    assert limit["Node Type"] == "Limit"
    assert scan["Node Type"] in {"Index Scan", "Index Only Scan"}
    return str(scan["Index Name"])


@pytest.mark.parametrize("label", [None, HOT_LABEL, COLD_LABEL])
@pytest.mark.parametrize("kind", [None, "count", "quotes", "none"])
def test_a_list_reads_little_more_than_it_gives(filled: Connection, kind: str | None, label: str | None) -> None:
    for state, before in product((None, *State), (None, deep(filled))):
        which = JobFilter(state=state, kind=kind, label=label, before=before)
        plan = plan_of_list(filled, which, run=True)
        steps = list(nodes(plan["Plan"]))
        assert "Seq Scan" not in {step["Node Type"] for step in steps}, which
        assert max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps) <= FEW, which


@pytest.mark.parametrize(
    ("which", "index"),
    [
        (JobFilter(), "jobs_by_id"),
        (JobFilter(state=State.SUCCESS), "jobs_by_state"),
        (JobFilter(kind="count"), "jobs_by_kind"),
        (JobFilter(kind="count", state=State.SUCCESS), "jobs_by_kind_and_state"),
        (JobFilter(label=HOT_LABEL), "jobs_by_label"),
        (JobFilter(label=HOT_LABEL, kind="count"), "jobs_by_label"),
        (JobFilter(label=HOT_LABEL, state=State.SUCCESS), "jobs_by_label"),
        (JobFilter(label=HOT_LABEL, kind="count", state=State.SUCCESS), "jobs_by_label"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_list_of_many_is_read_in_the_order_of_its_index(filled: Connection, which: JobFilter, index: str) -> None:
    for asked in (which, replace(which, before=deep(filled)), replace(which, after=deep(filled))):
        assert index_read_in_order(plan_of_list(filled, asked, run=False)) == index


@pytest.mark.parametrize("owner", ["busy", "small", "nobody"])
@pytest.mark.parametrize("label", [None, HOT_LABEL, COLD_LABEL])
@pytest.mark.parametrize("kind", [None, "count", "quotes"])
def test_a_list_of_an_owners_jobs_reads_little_more_than_it_gives(
    owned: Connection, kind: str | None, label: str | None, owner: str
) -> None:
    for state, before in product((None, *State), (None, deep(owned))):
        which = JobFilter(owner=owner, state=state, kind=kind, label=label, before=before)
        plan = plan_of_list(owned, which, run=True)
        steps = list(nodes(plan["Plan"]))
        assert "Seq Scan" not in {step["Node Type"] for step in steps}, which
        assert max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps) <= FEW, which


@pytest.mark.parametrize(
    ("which", "index"),
    [
        (JobFilter(), "jobs_of_owner"),
        (JobFilter(state=State.SUCCESS), "jobs_of_owner_by_state"),
        (JobFilter(kind="count"), "jobs_of_owner_by_kind"),
        (JobFilter(kind="count", state=State.SUCCESS), "jobs_of_owner_by_kind_and_state"),
        (JobFilter(label=HOT_LABEL), "jobs_of_owner_by_label"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_list_of_an_owners_many_jobs_is_read_in_the_order_of_its_index(
    owned: Connection, which: JobFilter, index: str
) -> None:
    for before in (None, deep(owned)):
        asked = replace(which, owner="busy", before=before)
        plan = plan_of_list(owned, asked, run=False)
        assert index_read_in_order(plan) == index


def test_counts_by_state_read_no_more_than_they_may_and_no_row(filled: Connection) -> None:
    filled.exec_driver_sql("VACUUM jobs")
    plan = plan_of(filled, partial(read.count_by_state, owner=None, at_most=FEW), run=True)
    scans = [step for step in nodes(plan["Plan"]) if "Scan" in step["Node Type"]]
    assert {step["Node Type"] for step in scans} == {"Index Only Scan"}
    assert max(step["Actual Rows"] for step in scans) == FEW


@pytest.mark.parametrize("owner", [None, "busy", "small"])
def test_counts_by_state_pass_over_no_job_of_others(owned: Connection, owner: str | None) -> None:
    owned.exec_driver_sql("VACUUM jobs")
    plan = plan_of(owned, partial(read.count_by_state, owner=owner, at_most=FEW), run=True)
    scans = [step for step in nodes(plan["Plan"]) if "Scan" in step["Node Type"]]
    assert {step["Node Type"] for step in scans} == {"Index Only Scan"}
    assert max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in scans) <= FEW


def test_a_search_reads_its_share_at_most(filled: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small share of the table, as 10,000 of a million: PostgreSQL may read all of it for half of it."""
    monkeypatch.setattr(read, "MAX_SEARCHED", FEW)
    for which in (JobFilter(), JobFilter(state=State.SUCCESS), JobFilter(kind="count", state=State.SUCCESS)):
        ask = partial(read.page_of, which=which, text="nowhere", limit=LIMIT)
        plan = plan_of(filled, ask, run=True, statement=0)
        steps = list(nodes(plan["Plan"]))
        assert "Seq Scan" not in {step["Node Type"] for step in steps}, which
        assert max(step["Actual Rows"] for step in steps) <= read.MAX_SEARCHED, which


def test_a_list_of_children_is_read_in_the_order_of_its_index(with_children: tuple[Connection, UUID]) -> None:
    connection, parent = with_children
    middle = connection.exec_driver_sql(
        "SELECT id FROM jobs WHERE parent_id = %s ORDER BY id OFFSET %s LIMIT 1", (parent, MANY // 4)
    ).scalar_one()
    for state, before in product((None, State.SUCCESS), (None, middle)):
        which = JobFilter(parent=parent, state=state, before=before)
        plan = plan_of_list(connection, which, run=True)
        steps = list(nodes(plan["Plan"]))
        assert index_read_in_order(plan) == "jobs_by_parent", which
        assert max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps) <= FEW, which


def test_children_are_counted_without_reading_a_row(with_children: tuple[Connection, UUID]) -> None:
    connection, parent = with_children
    plan = plan_of(connection, partial(read.children_by_state, parent_id=parent), run=True)
    scans = [step for step in nodes(plan["Plan"]) if "Scan" in step["Node Type"]]
    assert [(step["Node Type"], step["Index Name"]) for step in scans] == [("Index Only Scan", "jobs_by_parent")]


def test_lists_pass_over_no_children(with_children: tuple[Connection, UUID]) -> None:
    """However many there are, and however new."""
    connection, _ = with_children
    for which in (JobFilter(), JobFilter(state=State.SUCCESS), JobFilter(kind="count"), JobFilter(label=HOT_LABEL)):
        plan = plan_of_list(connection, which, run=True)
        steps = list(nodes(plan["Plan"]))
        assert max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps) <= FEW, which


def test_waiting_jobs_are_counted_by_their_index(filled: Connection) -> None:
    plan = plan_of(filled, partial(read.count_waiting, at_most=FEW), run=True)
    scans = [step for step in nodes(plan["Plan"]) if "Scan" in step["Node Type"]]
    assert [step["Index Name"] for step in scans if "Index Name" in step] == ["jobs_open"]
    assert max(step["Actual Rows"] for step in scans) <= FEW


def test_a_batch_is_found_by_its_index(filled: Connection) -> None:
    ask = partial(numbers_of_batch, batch_id=UUID(int=1), owner=None, paths={"words": ("words",)}, order=None)
    indexes = {step.get("Index Name") for step in nodes(plan_of(filled, ask, run=False, statement=0)["Plan"])}
    assert "jobs_by_batch" in indexes


def test_every_index_of_lists_is_read_by_some_list_here(filled: Connection) -> None:
    named = Path(__file__).read_text(encoding="utf-8")
    indexes = (
        filled.exec_driver_sql("SELECT indexname FROM pg_indexes WHERE indexname ~ '^jobs_(by|of)_'").scalars().all()
    )
    assert len(indexes) > 10
    assert [index for index in indexes if f'"{index}"' not in named] == []


def deep(connection: Connection) -> UUID:
    """A job in the middle of time."""
    found = connection.exec_driver_sql("SELECT id FROM jobs ORDER BY id OFFSET %s LIMIT 1", (MANY // 2,)).scalar_one()
    return UUID(str(found))
