"""Jobs that were accepted together: their states, their numbers, and the repetitions that take their places."""

from collections import Counter
from dataclasses import replace
from uuid import UUID, uuid4

from embedded.servers import Servers
from job_core.job import Job, State
from job_core.store import claims
from job_core.store.database import Database
from job_core.store.numbers import JobOfBatch, numbers_of_batch, numbers_of_label
from tests.integration.job_store import NEW_JOB, NO_TEXT, RESULT, Store
from tests.integration.store.conftest import Sent

PATHS = {"words": ("words",), "asked": ("word", "count")}


def accepted(store: Store, *labels: str, owner: str | None = None) -> list[Job]:
    return list(store.accept([replace(NEW_JOB, label=label, owner=owner) for label in labels]).jobs)


def end(store: Store, job: Job, words: int, asked: int | None = None) -> None:
    held = store.claim(job)
    assert held is not None
    word = None if asked is None else {"word": "queue", "count": asked}
    assert store.succeed(held, RESULT | {"words": words, "word": word})


def fail(store: Store, job: Job) -> None:
    held = store.claim(job)
    assert held is not None
    assert store.fail(held, NO_TEXT)


def of_batch(
    store: Store, batch_id: UUID | None, owner: str | None = None, order: str | None = None
) -> list[JobOfBatch]:
    assert batch_id is not None
    with store.database.reading() as connection:
        return numbers_of_batch(connection, batch_id, owner, PATHS, order=order)


def shown(store: Store, batch_id: UUID | None, order: str | None = None) -> list[object]:
    found = of_batch(store, batch_id, order=order)
    return [(store.job(each.id).label, each.numbers["words"], each.numbers["asked"]) for each in found]


def totals(store: Store, batch_id: UUID | None, owner: str | None = None) -> object:
    """How many jobs are in each state, and the sum of each number."""
    found = of_batch(store, batch_id, owner)
    return Counter(each.state for each in found), {
        name: sum(each.numbers[name] or 0 for each in found) for name in PATHS
    }


def test_jobs_that_come_together_are_a_batch_and_one_that_comes_alone_is_none(store: Store) -> None:
    first, second = accepted(store, "a", "b"), accepted(store, "c", "d")
    assert first[0].batch_id == first[1].batch_id == store.job(first[1].id).batch_id is not None
    assert first[0].batch_id != second[0].batch_id
    assert store.submit().batch_id is None


def test_children_that_come_together_are_none(store: Store) -> None:
    held = store.claimed()
    claims.fan_out(store.database, held, [NEW_JOB, NEW_JOB], at_once=10)
    assert store.sql("SELECT count(*) AS batches FROM jobs WHERE batch_id IS NOT NULL")[0].batches == 0


def test_numbers_in_each_order(store: Store) -> None:
    jobs = accepted(store, "b", "a", "d", "c")
    end(store, jobs[0], 10, 1)
    end(store, jobs[1], 30)
    end(store, jobs[2], 20, 5)
    batch_id = jobs[0].batch_id
    a, b, c, d = ("a", 30, None), ("b", 10, 1), ("c", None, None), ("d", 20, 5)
    assert shown(store, batch_id) == [b, a, d, c]
    assert shown(store, batch_id, "label") == [a, b, c, d]
    assert shown(store, batch_id, "words") == [a, d, b, c]
    assert shown(store, batch_id, "asked") == [d, b, a, c]
    assert totals(store, batch_id) == ({State.SUCCESS: 3, State.PENDING: 1}, {"words": 60, "asked": 6})


def test_each_result_is_read_once_however_many_numbers_of_it_are_asked_for(
    store: Store, servers: Servers, sent: Sent
) -> None:
    (job, _) = accepted(store, "a", "b")
    database = Database(servers.database.url.replace("postgresql", "postgresql+psycopg2", 1), pool_size=1)
    database.ping()
    sent.clear()
    of_batch(Store(database), job.batch_id, order="words")
    assert [statement.count("jobs.result") for statement in sent if "jobs.result" in statement] == [1]


def test_a_repetition_takes_the_place_of_what_failed(store: Store) -> None:
    good, bad = accepted(store, "good", "bad")
    end(store, good, 10)
    fail(store, bad)
    assert totals(store, good.batch_id) == ({State.SUCCESS: 1, State.FAILURE: 1}, {"words": 10, "asked": 0})
    again = store.submit(label="bad", retry_of=bad.id, batch_id=bad.batch_id)
    assert totals(store, good.batch_id) == ({State.SUCCESS: 1, State.PENDING: 1}, {"words": 10, "asked": 0})
    end(store, again, 5)
    assert shown(store, good.batch_id) == [("good", 10, None), ("bad", 5, None)]


def test_of_two_repetitions_at_once_the_later_one_counts(store: Store) -> None:
    good, bad = accepted(store, "good", "bad")
    end(store, good, 10)
    fail(store, bad)
    for words in (5, 6):
        end(store, store.submit(label="bad", retry_of=bad.id, batch_id=bad.batch_id), words)
    assert shown(store, good.batch_id) == [("good", 10, None), ("bad", 6, None)]
    assert totals(store, good.batch_id) == ({State.SUCCESS: 2}, {"words": 16, "asked": 0})


def test_nobody_sees_the_batch_of_another(store: Store) -> None:
    (job, _) = accepted(store, "a", "b", owner="alice")
    assert totals(store, job.batch_id, "alice") == ({State.PENDING: 2}, {"words": 0, "asked": 0})
    assert totals(store, job.batch_id, "bob") == totals(store, job.batch_id) == ({}, {"words": 0, "asked": 0})
    assert totals(store, uuid4()) == ({}, {"words": 0, "asked": 0})


def test_a_result_that_holds_something_else_has_no_numbers(store: Store) -> None:
    jobs = accepted(store, "a", "b", "c")
    for job, result in zip(jobs, ({"words": "many"}, {"word": 5}, {"words": [1], "word": {"count": {}}}), strict=True):
        held = store.claim(job)
        assert held is not None
        assert store.succeed(held, result)
    assert shown(store, jobs[0].batch_id) == [("a", None, None), ("b", None, None), ("c", None, None)]


def test_the_numbers_of_one_address_over_time(store: Store) -> None:
    for words in (10, 20, 30):
        end(store, store.submit(), words)
    end(store, store.submit(owner="alice"), 40)
    end(store, store.submit(label="https://example.com/other"), 50)
    fail(store, store.submit())
    with store.database.reading() as connection:
        found = numbers_of_label(connection, store.submit(), PATHS, limit=2)
    assert [numbers["words"] for _, numbers in found] == [30, 20]
