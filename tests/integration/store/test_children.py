"""Jobs that give further jobs, are joined when these have ended, or go on later: as the job store holds it."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from job_core.config import Limits
from job_core.job import Claim, Job, Message, Phase, State
from job_core.kinds import GoOn
from job_core.reconciler import Reconciler
from job_core.store import claims, read, retention
from job_core.store.read import JobFilter
from tests.integration.job_store import DIED, NEW_JOB, Store

AT_ONCE = 1_000


def fan_out(store: Store, held: Claim, count: int) -> list[Message]:
    return claims.fan_out(store.database, held, [NEW_JOB] * count, at_once=AT_ONCE)


def go_on(store: Store, held: Claim, step: int, count: int = 0, **waits: float) -> list[Message]:
    turn = GoOn({"step": step}, [NEW_JOB] * count, **waits)
    return claims.go_on(store.database, held, turn, at_once=AT_ONCE)


def family(store: Store, count: int, **changes: object) -> tuple[Job, list[Job]]:
    """A job that waits for its children, and these."""
    held = store.claimed(**changes)
    fan_out(store, held, count)
    return store.job(held.job_id), children_of(store, held.job_id)


def children_of(store: Store, parent: UUID) -> list[Job]:
    owner = store.job(parent).owner
    with store.database.reading() as connection:
        return [*reversed(listed(connection, parent=parent, owner=owner))]


def listed(connection: Connection, **asked: Any) -> tuple[Job, ...]:
    return read.page_of(connection, JobFilter(**asked), None, 1_000).jobs


def succeed(store: Store, child: Job) -> list[Message]:
    held = store.claim(child)
    assert held is not None
    return claims.succeed(store.database, held, json.dumps({"words": 1}))


def joins(messages: list[Message], parent: Job) -> int:
    return [message.job_id for message in messages].count(parent.id)


class TestFanningOut:
    def test_children_are_written_with_the_outcome_and_have_messages(self, store: Store) -> None:
        held = store.claimed(owner="ada")
        messages = fan_out(store, held, 3)
        children = children_of(store, held.job_id)
        assert [message.job_id for message in messages] == [child.id for child in children]
        assert {(child.state, child.parent_id, child.owner) for child in children} == {
            (State.PENDING, held.job_id, "ada")
        }
        parent = store.job(held.job_id)
        assert (parent.state, parent.phase, parent.open_children) == (State.STARTED, Phase.AWAIT, 3)
        assert store.outcomes(held.job_id) == ["FANNED OUT"]

    def test_without_children_it_is_joined_at_once(self, store: Store) -> None:
        held = store.claimed()
        (message,) = fan_out(store, held, 0)
        parent = store.job(held.job_id)
        assert (message.job_id, parent.state, parent.phase) == (parent.id, State.PENDING, Phase.JOIN)

    def test_an_attempt_that_lost_its_claim_gives_none(self, store: Store) -> None:
        held = store.claimed()
        store.cancel(held.job_id)
        with pytest.raises(claims.ClaimLost):
            fan_out(store, held, 3)
        assert children_of(store, held.job_id) == []

    def test_children_obey_the_limit_of_their_key(self, store: Store) -> None:
        held = store.claimed(limit_key=None)
        messages = claims.fan_out(store.database, held, [NEW_JOB] * 5, at_once=2)
        children = children_of(store, held.job_id)
        assert len(messages) == 2
        assert [child.parked_at is None for child in children] == [True, True, False, False, False]

    def test_children_are_in_no_list_but_their_parents(self, store: Store) -> None:
        parent, _ = family(store, 3)
        with store.database.reading() as connection:
            assert [job.id for job in listed(connection)] == [parent.id]
            assert listed(connection, state=State.PENDING) == ()
            assert listed(connection, parent=parent.id, owner="somebody else") == ()
            assert read.children_by_state(connection, parent.id) == {State.PENDING: 3}


class TestJoining:
    @pytest.mark.parametrize(
        "end",
        [
            succeed,
            lambda store, child: store.fail(store.claim(child)),
            lambda store, child: store.cancel(child.id),
            lambda store, child: [store.crash(store.claim(child)) for _ in range(NEW_JOB.max_crashes)],
        ],
        ids=["success", "failure", "cancelled", "crashed"],
    )
    def test_whatever_the_last_child_ends_with_the_parent_is_joined(
        self, store: Store, end: Callable[[Store, Job], object]
    ) -> None:
        parent, (first, last) = family(store, 2)
        succeed(store, first)
        assert store.job(parent.id).phase is Phase.AWAIT
        end(store, last)
        joined = store.job(parent.id)
        assert (joined.state, joined.phase, joined.open_children) == (State.PENDING, Phase.JOIN, 0)

    def test_the_end_of_the_last_child_sends_the_join_and_no_other_does(self, store: Store) -> None:
        parent, children = family(store, 4)
        sent = [joins(succeed(store, child), parent) for child in children]
        assert sent == [0, 0, 0, 1]

    def test_an_outcome_that_comes_twice_counts_once(self, store: Store) -> None:
        parent, (first, _) = family(store, 2)
        held = store.claim(first)
        assert held is not None
        assert store.succeed(held)
        assert not store.succeed(held)
        assert store.job(parent.id).open_children == 1

    def test_a_join_whose_sender_died_is_sent_by_the_reconciler(self, store: Store, reconciler: Reconciler) -> None:
        parent, (child,) = family(store, 1)
        store.sql("UPDATE jobs SET state = 'FAILURE', finished_at = now(), error = '{}' WHERE id = :id", id=child.id)
        assert store.job(parent.id).published_at is None
        assert reconciler.round(judge_workers=False).published == 1
        assert store.job(parent.id).requeued

    def test_of_many_that_end_at_the_same_moment_one_is_the_last(self, store: Store) -> None:
        parent, children = family(store, 40)
        start = threading.Barrier(8)

        def end(share: int) -> int:
            start.wait(10)
            return sum(joins(succeed(store, child), parent) for child in children[share::8])

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(end, range(8))) == 1
        assert store.job(parent.id).phase is Phase.JOIN

    def test_the_joining_attempt_gets_what_each_child_ended_with(self, store: Store) -> None:
        parent, (good, bad, cancelled) = family(store, 3)
        succeed(store, good)
        held = store.claim(bad)
        assert held is not None
        store.fail(held)
        store.cancel(cancelled.id)
        joining = store.claim(store.job(parent.id))
        assert joining is not None
        assert (joining.phase, joining.attempt) == (Phase.JOIN, 2)
        ended = list(read.ended_children(store.database, parent.id))
        assert [(child.id, child.state, child.result) for child in ended] == [
            (good.id, State.SUCCESS, {"words": 1}),
            (bad.id, State.FAILURE, None),
            (cancelled.id, State.REVOKED, None),
        ]
        assert store.succeed(joining)
        assert store.job(parent.id).state is State.SUCCESS

    def test_children_are_read_in_pieces(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(read, "CHILDREN_READ", 2)
        parent, children = family(store, 5)
        for child in children:
            succeed(store, child)
        assert [child.id for child in read.ended_children(store.database, parent.id)] == [job.id for job in children]

    def test_a_crash_of_the_join_repeats_the_join(self, store: Store) -> None:
        parent, (child,) = family(store, 1)
        succeed(store, child)
        joining = store.claim(store.job(parent.id))
        assert joining is not None
        assert store.crash(joining, DIED)
        again = store.claim(store.job(parent.id))
        assert again is not None
        assert again.phase is Phase.JOIN

    def test_grandchildren_are_joined_before_their_grandparent(self, store: Store) -> None:
        parent, (child,) = family(store, 1)
        held = store.claim(child)
        assert held is not None
        fan_out(store, held, 1)
        (grandchild,) = children_of(store, child.id)
        assert joins(succeed(store, grandchild), child) == 1
        assert store.job(parent.id).phase is Phase.AWAIT
        joining = store.claim(store.job(child.id))
        assert joining is not None
        messages = claims.succeed(store.database, joining, "{}")
        assert joins(messages, parent) == 1


class TestCancelling:
    def test_the_parent_cancels_all_its_descendants(self, store: Store) -> None:
        parent, (waiting, running, ended) = family(store, 3)
        held = store.claim(running)
        assert held is not None
        fan_out(store, held, 1)
        (grandchild,) = children_of(store, running.id)
        succeed(store, ended)
        assert store.cancel(parent.id)
        states = [store.state(job.id) for job in (parent, waiting, running, grandchild, ended)]
        assert states == [State.REVOKED] * 4 + [State.SUCCESS]

    def test_a_child_that_runs_loses_its_claim(self, store: Store) -> None:
        parent, (child,) = family(store, 1)
        held = store.claim(child)
        assert held is not None
        store.cancel(parent.id)
        assert not store.succeed(held)
        assert store.outcomes(child.id) == ["REVOKED"]

    def test_it_and_the_end_of_a_child_do_not_wait_for_one_another(self, store: Store) -> None:
        for _ in range(10):
            parent, children = family(store, 6)
            held = [claim for child in children if (claim := store.claim(child))]
            start = threading.Barrier(7)

            def cancel(parent: Job = parent, start: threading.Barrier = start) -> bool:
                start.wait(10)
                return store.cancel(parent.id)

            def end(claim: Claim, start: threading.Barrier = start) -> bool:
                start.wait(10)
                return store.succeed(claim)

            with ThreadPoolExecutor(7) as pool:
                cancelling = pool.submit(cancel)
                ends = [pool.submit(end, claim) for claim in held]
                assert cancelling.result(20)
                written = [each.result(20) for each in ends]
            states = [store.state(child.id) for child in children]
            assert states == [State.SUCCESS if each else State.REVOKED for each in written]

    def test_a_parent_that_fails_takes_its_open_children_with_it(self, store: Store) -> None:
        held = store.claimed()
        go_on(store, held, 1, count=2)
        again = store.claim(store.job(held.job_id))
        assert again is not None
        store.fail(again)
        assert {store.state(child.id) for child in children_of(store, held.job_id)} == {State.REVOKED}


class TestGoingOn:
    def test_the_next_attempt_gets_the_progress_and_none_is_spent(self, store: Store) -> None:
        held = store.claimed(max_attempts=1)
        (message,) = go_on(store, held, 7)
        job = store.job(held.job_id)
        assert (message.job_id, message.requeued) == (job.id, True)
        assert (job.state, job.attempts_used, job.crashes) == (State.PENDING, 0, 0)
        again = store.claim(job)
        assert again is not None
        assert (again.progress, again.attempt) == ({"step": 7}, 2)

    def test_a_crash_repeats_only_the_piece_since(self, store: Store) -> None:
        held = store.claimed()
        go_on(store, held, 1)
        second = store.claim(store.job(held.job_id))
        assert second is not None
        store.crash(second)
        third = store.claim(store.job(held.job_id))
        assert third is not None
        assert third.progress == {"step": 1}
        assert store.job(held.job_id).crashes == 1
        go_on(store, third, 2)
        assert store.job(held.job_id).crashes == 0

    def test_the_next_turn_comes_after_the_wait_that_was_asked_for(self, store: Store, reconciler: Reconciler) -> None:
        held = store.claimed()
        assert go_on(store, held, 1, wait_seconds=60) == []
        assert store.job(held.job_id).state is State.RETRY
        reconciler.round(judge_workers=True)
        assert store.job(held.job_id).state is State.RETRY
        store.let_pass(61)
        reconciler.round(judge_workers=True)
        again = store.claim(store.job(held.job_id))
        assert again is not None
        assert (again.progress, again.attempts_used) == ({"step": 1}, 0)

    def test_no_job_of_its_limit_key_begins_while_it_rests(self, store: Store, reconciler: Reconciler) -> None:
        held = store.claimed()
        other = store.submit()
        go_on(store, held, 1, rest_seconds=60)
        assert store.claim(other) is None
        store.sql("DELETE FROM limit_pauses")
        reconciler.round(judge_workers=True)
        assert store.claim(other) is not None

    def test_others_under_its_limit_have_their_turn(self, store: Store) -> None:
        limits = Limits(at_once=1)
        worker = store.worker()
        held = store.claimed(worker)
        other = store.submit()
        assert store.claim(other, worker, limits, pid=2) is None
        messages = go_on(store, held, 1)
        assert {message.job_id for message in messages} == {held.job_id, other.id}

    def test_children_given_on_the_way_are_waited_for(self, store: Store) -> None:
        held = store.claimed()
        go_on(store, held, 1, count=1)
        (early,) = children_of(store, held.job_id)
        succeed(store, early)
        again = store.claim(store.job(held.job_id))
        assert again is not None
        assert again.phase is Phase.WORK
        fan_out(store, again, 1)
        _, late = children_of(store, held.job_id)
        parent = store.job(held.job_id)
        assert (parent.phase, parent.open_children) == (Phase.AWAIT, 1)
        assert joins(succeed(store, late), parent) == 1

    def test_of_many_turns_the_latest_are_kept(self, store: Store) -> None:
        held: Claim | None = store.claimed()
        for step in range(30):
            assert held is not None
            go_on(store, held, step)
            held = store.claim(store.job(held.job_id))
        assert held is not None
        assert [attempt.number for attempt in store.attempts(held.job_id)] == list(range(11, 32))


def test_a_child_is_deleted_with_its_parent(store: Store) -> None:
    parent, (child,) = family(store, 1)
    succeed(store, child)
    joining = store.claim(store.job(parent.id))
    assert joining is not None
    store.succeed(joining)
    store.sql("DELETE FROM jobs WHERE id = :id", id=parent.id)
    assert store.count() == 0


def test_retention_leaves_children_to_their_parent(store: Store) -> None:
    parent, (child, _) = family(store, 2)
    succeed(store, child)
    with store.database.transaction() as connection:
        assert retention.delete_ended(connection, timedelta(0)) == 0
    assert len(children_of(store, parent.id)) == 2
