"""Answering questions about jobs; nothing here writes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Text,
    Uuid,
    any_,
    asc,
    bindparam,
    desc,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY, array

from job_core.job import Attempt, Job, JobStep, JsonObject, Phase, State
from job_core.kinds import EndedChild, Kind
from job_core.store.database import Database
from job_core.store.deliveries import Delivery, deliveries_of
from job_core.store.rows import job_of
from job_core.store.tables import attempts, jobs, workers


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs a list holds. None means any, but for `owner` None, which means jobs that came without a key.

    Children are in the lists of their `parent` only. `before` is the id of the last job of the page before; `after`
    instead is that of a job from which the list leads to newer ones.
    """

    owner: str | None = None
    state: State | None = None
    kind: str | None = None
    label: str | None = None
    parent: UUID | None = None
    before: UUID | None = None
    after: UUID | None = None


BUT_RESULT = tuple(column for column in jobs.c if column is not jobs.c.result)


def find(connection: Connection, job_id: UUID) -> Job | None:
    """The whole row."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return None if row is None else job_of(row)


def find_all(connection: Connection, job_ids: Sequence[UUID]) -> list[Job]:
    """The rows of `job_ids`, in their order, whatever their size; unknown ones are left out."""
    return _in_order(connection, select(jobs).where(jobs.c.id.in_(job_ids)), job_ids)


def find_requests(connection: Connection, job_ids: Sequence[UUID]) -> list[Job]:
    """The same without the results, which may be large."""
    return _in_order(connection, select(*BUT_RESULT).where(jobs.c.id.in_(job_ids)), job_ids)


def _in_order(connection: Connection, asked: Select[Any], job_ids: Sequence[UUID]) -> list[Job]:
    found = {row.id: job_of(row) for row in connection.execute(asked)}
    return [found[job_id] for job_id in job_ids if job_id in found]


PAGE_BYTES = 250_000  # of what jobs hold, at which a page ends: 200 counted pages, say
_SIZE = func.octet_length(func.concat(jobs.c.label, jobs.c.request, jobs.c.result, jobs.c.error))


def size_of(connection: Connection, job_id: UUID) -> int:
    """The bytes of what a job holds; 0 if there is no such job."""
    return connection.execute(select(_SIZE).where(jobs.c.id == job_id)).scalar_one_or_none() or 0


_PORTION = (
    sql_text(f"""
        WITH RECURSIVE portion (place, id, bytes) AS (
            SELECT 0, NULL::uuid, 0::bigint
            UNION ALL
            SELECT place + 1, jobs.id, bytes + {_SIZE}
            FROM portion LEFT JOIN jobs ON jobs.id = (:ids)[place + 1] AND owner IS NOT DISTINCT FROM :owner
            WHERE place < cardinality(:ids) AND bytes < :most
        )
        SELECT {", ".join(map(str, jobs.c))}, place, bytes
        FROM portion JOIN jobs USING (id) ORDER BY place
    """)  # noqa: S608 - names of columns
    .bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("owner", type_=Text))
    .columns(*jobs.c, literal_column("place"), literal_column("bytes"))
)


@dataclass(frozen=True, kw_only=True)
class Portion:
    """The jobs of the first ids, and the ids that are left."""

    jobs: tuple[Job, ...]
    left: tuple[UUID, ...]


def find_portion(connection: Connection, job_ids: Sequence[UUID], owner: str | None) -> Portion:
    """The rows of `job_ids` that are the owner's, in their order; the one that makes PAGE_BYTES full is the last.

    None larger than that is read but the last one, however many there are.
    """
    rows = connection.execute(_PORTION, {"ids": list(job_ids), "owner": owner, "most": PAGE_BYTES}).all()
    is_full = bool(rows) and rows[-1].bytes >= PAGE_BYTES
    return Portion(jobs=tuple(map(job_of, rows)), left=tuple(job_ids[rows[-1].place :]) if is_full else ())


def attempts_by_job(connection: Connection, job_ids: Sequence[UUID]) -> Mapping[UUID, list[Attempt]]:
    """Every attempt of each of the jobs, the first one first."""
    asked = (
        select(attempts, workers.c.name.label("worker"))
        .join(workers, workers.c.id == attempts.c.worker_id)
        .where(attempts.c.job_id.in_(job_ids))
        .order_by(attempts.c.job_id, attempts.c.number)
    )
    found: defaultdict[UUID, list[Attempt]] = defaultdict(list)
    for row in connection.execute(asked):
        attempt = Attempt(
            number=row.number,
            worker=row.worker,
            started_at=row.started_at,
            ended_at=row.ended_at,
            outcome=row.outcome,
            error=row.error,
        )
        found[row.job_id].append(attempt)
    return found


def newest_query(which: JobFilter) -> Select[Any]:
    """What asks for the jobs, the newest first, or those `after` a job, the oldest first. UUIDv7 sort by time.

    Each kind of filter has an index that holds its jobs in this order, and the query is such that no other index
    gives that order. Else PostgreSQL likes to walk over all jobs from the newest on and to pass over those that do not
    match, which is slow when they are many, as after a surge of waiting ones.
    """
    leading = _leading(which)
    direction = desc if which.after is None else asc
    asked = select(jobs).order_by(*(direction(column) for column, _ in leading), direction(jobs.c.id))
    for column, value in leading:
        # For a plain equality, PostgreSQL would drop the column from the order.
        asked = asked.where(column == any_(array([value])))
    if which.parent is None:
        asked = asked.where(jobs.c.parent_id.is_(None))
    if which.owner is None:
        asked = asked.where(jobs.c.owner.is_(None))
    elif which.parent is not None:
        asked = asked.where(jobs.c.owner == which.owner)
    if which.label is not None:
        asked = asked.where(jobs.c.label == which.label)
    if which.label is not None or which.parent is not None:
        asked = asked.where(*_kind_and_state(which))
    if which.before is not None:
        asked = asked.where(jobs.c.id < which.before)
    if which.after is not None:
        asked = asked.where(jobs.c.id > which.after)
    return asked


def count_waiting(connection: Connection, *, at_most: int) -> int:
    """How many jobs wait for a worker; counting stops at `at_most`."""
    waiting = _oldest(State.PENDING, at_most, jobs.c.id).subquery()
    return connection.execute(select(func.count()).select_from(waiting)).scalar_one()


def _leading(which: JobFilter) -> list[tuple[ColumnElement[Any], ColumnElement[Any]]]:
    """The columns before `id` in the index for this filter, each with its value."""
    if which.parent is not None:
        return [(jobs.c.parent_id, literal(which.parent, Uuid))]
    owner = [(jobs.c.owner, which.owner)]
    if which.label is not None:
        return [*_given(owner), (func.md5(jobs.c.label), func.md5(which.label))]
    return _given([*owner, (jobs.c.kind, which.kind), (jobs.c.state, which.state)])


def _given(
    asked: Sequence[tuple[ColumnElement[Any], str | None]],
) -> list[tuple[ColumnElement[Any], ColumnElement[Any]]]:
    return [(column, literal(value, Text)) for column, value in asked if value is not None]


def _kind_and_state(which: JobFilter) -> list[ColumnElement[bool]]:
    asked = ((jobs.c.kind, which.kind), (jobs.c.state, which.state))
    return [column == value for column, value in asked if value is not None]


def children_by_state(connection: Connection, parent_id: UUID) -> dict[State, int]:
    """How many children of a job are in each state; states that none is in are left out."""
    asked = select(jobs.c.state, func.count()).where(jobs.c.parent_id == parent_id).group_by(jobs.c.state)
    return {State(state): count for state, count in connection.execute(asked)}


def ended_children(database: Database, parent_id: UUID) -> Iterator[EndedChild]:
    """What each child of a job ended with, in the order in which they were given.

    CHILDREN_READ are read at a time, or those up to the one that makes PAGE_BYTES full.
    """
    after = UUID(int=0)
    while rows := database.call(_ENDED_CHILDREN, after, parent_id, CHILDREN_READ, PAGE_BYTES):
        for job_id, kind, request, state, result, error in rows:
            yield EndedChild(id=job_id, kind=kind, request=request, state=State(state), result=result, error=error)
        after = rows[-1][0]


CHILDREN_READ = 100
_ENDED_CHILDREN = """
    WITH RECURSIVE portion (id, many, bytes) AS (
        SELECT %s::uuid, 0, 0::bigint
        UNION ALL
        SELECT child.id, portion.many + 1, portion.bytes + child.bytes
        FROM portion, LATERAL (
            SELECT id, octet_length(concat(request, result, error)) AS bytes FROM jobs
            WHERE parent_id = %s AND id > portion.id AND finished_at IS NOT NULL ORDER BY id LIMIT 1
        ) AS child
        WHERE portion.many < %s AND portion.bytes < %s
    )
    SELECT jobs.id, kind, request, state, result, error FROM portion JOIN jobs USING (id) WHERE many > 0 ORDER BY id
"""


def steps_of(connection: Connection, job_ids: Collection[UUID]) -> dict[UUID, JobStep]:
    """Where each of `job_ids` is on its way; those that do not exist any more are left out."""
    columns = (jobs.c.id, jobs.c.attempt, jobs.c.state, jobs.c.parked_at)
    asked = select(*columns).where(jobs.c.id == any_(literal(job_ids, ARRAY(Uuid))))
    return {
        row.id: JobStep(attempt=row.attempt, state=State(row.state), parked_at=row.parked_at)
        for row in connection.execute(asked)
    }


MAX_SEARCHED = 10_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some jobs, the newest first. The next page holds those `before`; None after the last one.

    Of a list of newer jobs, the next page holds those `after`.
    """

    jobs: tuple[Job, ...]
    before: UUID | None
    after: UUID | None = None


def page_of(connection: Connection, which: JobFilter, text: str | None, limit: int) -> Page:
    """Up to `limit` jobs, only those whose label holds `text`, in whatever case; fewer, if they are large.

    No index helps with a text, so a page looks through 10,000 jobs of `which` at most. It may hold few or none, and the
    next one looks on from there.
    """
    direction = desc if which.after is None else asc
    if text is None:
        asked = newest_query(which).with_only_columns(jobs.c.id).limit(limit + 1)
    else:
        looked_through = newest_query(which).with_only_columns(jobs.c.id, jobs.c.label).limit(MAX_SEARCHED).subquery()
        place = func.strpos(func.lower(looked_through.c.label), literal(text.lower(), Text))
        asked = select(looked_through.c.id).where(place > 0).order_by(direction(looked_through.c.id)).limit(limit + 1)
    found = connection.execute(asked).scalars().all()
    portion = find_portion(connection, found[:limit], which.owner)
    shown = len(found[:limit]) - len(portion.left)
    if shown < len(found):
        further: UUID | None = found[shown - 1]
    else:
        further = _last_looked_at(connection, which) if text is not None else None
    if which.after is None:
        return Page(jobs=portion.jobs, before=further)
    return Page(jobs=portion.jobs[::-1], before=None, after=further)


def _last_looked_at(connection: Connection, which: JobFilter) -> UUID | None:
    """The last of the jobs that a search looked through, if there may be more behind it."""
    ids = newest_query(which).with_only_columns(jobs.c.id).offset(MAX_SEARCHED - 1).limit(1)
    return connection.execute(ids).scalar_one_or_none()


def count_by_state(connection: Connection, *, owner: str | None, at_most: int) -> dict[State, int]:
    """How many jobs of `owner` are in each state, without children; None means jobs that came without a key.

    Counting stops at `at_most`.
    """
    counts = []
    for state in State:
        some = select(jobs.c.state).where(jobs.c.state == state, *_listed(owner)).limit(at_most)
        counts.append(select(func.count()).select_from(some.subquery()).scalar_subquery().label(state.name))
    found = connection.execute(select(*counts)).one()
    return {State(name): count for name, count in found._mapping.items()}  # noqa: SLF001 - SQLAlchemy's documented name


def count_parked(connection: Connection, *, owner: str | None, at_most: int) -> int:
    """How many jobs of `owner` wait for a place under their limit key and have no message; counted like the states."""
    some = select(jobs.c.id).where(jobs.c.parked_at.is_not(None), *_listed(owner)).limit(at_most)
    return connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _listed(owner: str | None) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether a job is of the owner, and no child."""
    return jobs.c.owner.is_(None) if owner is None else jobs.c.owner == owner, jobs.c.parent_id.is_(None)


@dataclass(frozen=True, kw_only=True)
class WholeJob:
    """The row, every attempt, the first one first, its webhook's delivery, if any, and its children, by state.

    `progress` is how far it is; None if its kind does not say, or it has not begun.
    """

    job: Job
    attempts: tuple[Attempt, ...]
    delivery: Delivery | None
    children: Mapping[State, int]
    progress: JsonObject | None


def find_whole(
    connection: Connection, job_ids: Sequence[UUID], kinds: Mapping[str, Kind], *, at_most: int | None = None
) -> dict[UUID, WholeJob]:
    """The rows of `job_ids` with what belongs to them, but for unknown ones and those of more bytes than `at_most`.

    Between the questions a job may go on: then its attempts are the newer ones, never its row.
    """
    asked = select(jobs).where(jobs.c.id.in_(job_ids))
    found = _in_order(connection, asked if at_most is None else asked.where(at_most >= _SIZE), job_ids)
    made = attempts_by_job(connection, job_ids)
    with_callback = [job.id for job in found if job.callback_url is not None]
    deliveries = deliveries_of(connection, with_callback) if with_callback else {}
    parents = [job.id for job in found if job.phase is not Phase.WORK or job.open_children]
    children = {job_id: children_by_state(connection, job_id) for job_id in parents}
    progress = progress_of(connection, kinds, ((job.kind, job.id) for job in found))
    return {
        job.id: WholeJob(
            job=job,
            attempts=tuple(made[job.id]),
            delivery=deliveries.get(job.id),
            children=children.get(job.id, {}),
            progress=progress.get(job.id),
        )
        for job in found
    }


def progress_of(
    connection: Connection, kinds: Mapping[str, Kind], which: Iterable[tuple[str, UUID]]
) -> dict[UUID, JsonObject]:
    """How far jobs are, each given by its kind and id: one question for each kind that says so."""
    asked: defaultdict[str, set[UUID]] = defaultdict(set)
    for kind, job_id in which:
        asked[kind].add(job_id)
    found: dict[UUID, JsonObject] = {}
    for kind, job_ids in asked.items():
        if kind in kinds and (ask := kinds[kind].progress):
            found |= ask(connection, job_ids)
    return found


COUNTED = 10_000  # jobs of a state at which counting stops
OLDEST = 200  # waiting jobs among which the one that waits longest is looked for


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Jobs that have not ended, by state; how long the longest has waited; and the workers that live."""

    waiting: int
    started: int
    retrying: int
    longest_wait_seconds: float
    workers: int


_ALIVE = select(func.count()).where(workers.c.stopped_at.is_(None), workers.c.lost_at.is_(None))


def live_workers(connection: Connection) -> int:
    """How many workers live, by their beats."""
    return connection.execute(_ALIVE).scalar_one()


def overview(connection: Connection, *, at_most: int = COUNTED) -> Overview:
    """How things stand; counting the jobs of a state stops at `at_most`.

    The wait is for a first attempt. Jobs in back-off are left out: they wait on purpose.
    """
    row = connection.execute(
        select(
            _count(State.PENDING, at_most).label("waiting"),
            _count(State.STARTED, at_most).label("started"),
            _count(State.RETRY, at_most).label("retrying"),
            _longest_wait().label("longest_wait_seconds"),
            _ALIVE.scalar_subquery().label("workers"),
        )
    ).one()
    return Overview(
        waiting=row.waiting,
        started=row.started,
        retrying=row.retrying,
        longest_wait_seconds=float(row.longest_wait_seconds or 0),
        workers=row.workers,
    )


def _count(state: State, at_most: int) -> ScalarSelect[int]:
    counted = _oldest(state, at_most, jobs.c.id).subquery()
    return select(func.count()).select_from(counted).scalar_subquery()


def _longest_wait() -> ScalarSelect[float]:
    oldest = _oldest(State.PENDING, OLDEST, jobs.c.created_at, jobs.c.attempts_used).subquery()
    wait = func.extract("epoch", func.now() - func.min(oldest.c.created_at))
    return select(wait).where(oldest.c.attempts_used == 0).scalar_subquery()


def _oldest(state: State, at_most: int, *columns: Column[Any]) -> Select[Any]:
    """The first accepted jobs of a state, in the order of the index `jobs_open`.

    Asked like this, PostgreSQL has no other way: see `newest_query`. It would read the whole table for jobs of a state
    that it takes to be frequent.
    """
    of_state = (jobs.c.state == any_(array([literal(state.value)])), jobs.c.finished_at.is_(None))
    return select(*columns).where(*of_state).order_by(jobs.c.state, jobs.c.id).limit(at_most)
