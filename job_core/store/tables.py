"""The tables as the queries of lists, deliveries and retention see them; sql/schema.sql defines them."""

from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSON

metadata = MetaData()


def _time(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text),
    Column("label", Text),
    Column("request", JSON),
    Column("state", Text),
    Column("phase", Text),
    Column("on_failure", Text),
    Column("attempt", Integer),
    Column("attempts_used", SmallInteger),
    Column("max_attempts", SmallInteger),
    Column("crashes", SmallInteger),
    Column("max_crashes", SmallInteger),
    Column("losses", SmallInteger),
    Column("limit_key", Text),
    Column("retry_of", Uuid),
    Column("batch_id", Uuid),
    Column("parent_id", Uuid),
    Column("open_children", Integer),
    Column("owner", Text),
    Column("callback_url", Text),
    _time("created_at"),
    _time("published_at"),
    Column("bulk", Boolean),
    Column("requeued", Boolean),
    _time("parked_at"),
    _time("due_at"),
    _time("started_at"),
    _time("finished_at"),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
)

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("worker_id", Uuid),
    _time("started_at"),
    _time("ended_at"),
    Column("outcome", Text),
    Column("error", JSON(none_as_null=True)),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    _time("started_at"),
    _time("seen_at"),
    _time("stopped_at"),
    _time("lost_at"),
)

limit_pauses = Table(
    "limit_pauses",
    metadata,
    Column("limit_key", Text, primary_key=True),
    _time("until"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("receiver", Text),
    Column("state", Text),
    Column("attempts", SmallInteger),
    _time("due_at"),
    _time("delivered_at"),
    Column("last_error", Text),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text),
    Column("fingerprint", LargeBinary),
    Column("job_ids", ARRAY(Uuid)),
    _time("created_at"),
    Column("owner", Text),
)
