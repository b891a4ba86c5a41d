import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from dev.waiting import eventually
from job_core.job import Claim, OnFailure, Phase, State
from job_core.kinds import GoOn
from job_core.reconciler import Reconciler, Repairs
from job_core.store import claims
from job_core.store.claims import LOSS_ERROR, MAX_LOSSES, NotClaimed, describe
from tests.integration.job_store import BUSY, DIED, NEW_JOB, NO_TEXT, PID, RESULT, Store

ANOTHER_PID = PID + 1
WAITS_FOR_A_LOCK = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


class TestClaiming:
    """An attempt begins by a claim, and only one can have it."""

    def test_a_claim_holds_what_the_attempt_needs(self, store: Store) -> None:
        job = store.submit(on_failure=OnFailure.DISCARD, owner="busy")
        assert store.claim(job) == Claim(
            job_id=job.id,
            attempt=1,
            phase=Phase.WORK,
            request=NEW_JOB.request,
            progress=None,
            parent_id=None,
            owner="busy",
            attempts_used=0,
            max_attempts=3,
            on_failure=OnFailure.DISCARD,
            limit_key="example.com",
        )

    def test_a_claim_is_noted_with_its_worker(self, store: Store) -> None:
        held = store.claimed(store.worker("job_worker_07"))
        job = store.job(held.job_id)
        (attempt,) = store.attempts(held.job_id)
        assert (job.state, job.attempt) == (State.STARTED, 1)
        assert (attempt.number, attempt.worker, attempt.started_at) == (1, "job_worker_07", job.started_at)
        assert (attempt.ended_at, attempt.outcome, attempt.error) == (None, None, None)

    def test_a_duplicate_message_claims_nothing(self, store: Store) -> None:
        worker_id = store.worker()
        job = store.submit()
        assert store.claim(job, worker_id) is not None
        for another in ((worker_id, ANOTHER_PID), (store.worker("another"), PID)):
            assert store.ask_for(job.id, another[0], pid=another[1]) == NotClaimed(is_parked=False, state=State.STARTED)
        assert len(store.attempts(job.id)) == 1

    def test_a_process_that_asks_again_gets_the_claim_that_it_has(self, store: Store) -> None:
        """Its first answer may have been lost on the way."""
        worker_id = store.worker()
        job = store.submit()
        held = store.claim(job, worker_id)
        before = store.job(job.id), store.attempts(job.id)
        assert held is not None
        assert store.claim(job, worker_id) == held
        assert (store.job(job.id), store.attempts(job.id)) == before

    def test_a_late_message_claims_nothing(self, store: Store) -> None:
        job = store.submit()
        held = store.claim(job)
        assert held
        store.succeed(held)
        assert store.ask_for(job.id) == NotClaimed(is_parked=False, state=State.SUCCESS)

    def test_a_job_that_waits_for_its_time_is_not_claimed(self, store: Store) -> None:
        job = store.submit()
        held = store.claim(job)
        assert held
        store.retry(held)
        assert store.ask_for(job.id) == NotClaimed(is_parked=False, state=State.RETRY)

    def test_an_unknown_job_is_not_claimed(self, store: Store) -> None:
        assert store.ask_for(UUID(int=1)) == NotClaimed(is_parked=False, state=None)

    def test_a_worker_that_stopped_claims_nothing(self, store: Store) -> None:
        worker_id = store.worker()
        store.stop(worker_id)
        assert store.claim(store.submit(), worker_id) is None

    def test_a_lost_worker_claims_nothing(self, store: Store, reconciler: Reconciler) -> None:
        worker_id = store.worker()
        store.unseen(worker_id)
        assert reconciler.round(judge_workers=True).workers_lost == 1
        assert store.claim(store.submit(), worker_id) is None

    def test_a_worker_that_never_registered_claims_nothing(self, store: Store) -> None:
        job = store.submit()
        assert store.claim(job, job.id) is None

    def test_of_many_at_once_one_wins(self, store: Store) -> None:
        many = 6
        workers = [store.worker(f"worker {number}") for number in range(many)]
        for _ in range(5):
            job = store.submit()
            together = threading.Barrier(many)

            def claim(number: int) -> Claim | None:
                together.wait(10)  # noqa: B023 - runs within this turn
                return store.claim(job, workers[number])  # noqa: B023 - the same

            with ThreadPoolExecutor(many) as pool:
                found = list(pool.map(claim, range(many)))
            (winner,) = [held for held in found if held]
            assert [attempt.number for attempt in store.attempts(job.id)] == [winner.attempt] == [1]


class TestEnding:
    """What an attempt may write, under its claim."""

    def test_success_has_the_result(self, store: Store) -> None:
        held = store.claimed()
        assert store.succeed(held)
        job = store.job(held.job_id)
        assert (job.state, job.result, job.error, job.attempts_used) == (State.SUCCESS, RESULT, None, 0)
        assert job.finished_at is not None
        assert store.outcomes(held.job_id) == ["SUCCESS"]

    def test_a_permanent_error_ends_the_job_and_uses_no_attempt(self, store: Store) -> None:
        held = store.claimed()
        assert store.fail(held, NO_TEXT)
        job = store.job(held.job_id)
        assert (job.state, job.result, job.attempts_used) == (State.FAILURE, None, 0)
        assert job.error == {
            "type": "not-text",
            "title": "The page is not text",
            "detail": "It is image/png.",
            "retryable": False,
        }
        (attempt,) = store.attempts(held.job_id)
        assert (attempt.outcome, attempt.error) == ("FAILURE", job.error)

    def test_a_transient_error_that_ends_the_job_uses_the_attempt(self, store: Store) -> None:
        held = store.claimed(max_attempts=1)
        assert store.fail(held, BUSY)
        job = store.job(held.job_id)
        assert (job.state, job.attempts_used, job.max_attempts) == (State.FAILURE, 1, 1)

    def test_a_retry_waits_for_its_time(self, store: Store) -> None:
        held = store.claimed()
        assert store.retry(held, BUSY, 90.5)
        job = store.job(held.job_id)
        assert (job.state, job.attempts_used, job.error) == (State.RETRY, 1, describe(BUSY))
        (attempt,) = store.attempts(held.job_id)
        assert attempt.ended_at is not None
        assert job.due_at == attempt.ended_at + timedelta(seconds=90.5)
        assert (attempt.outcome, attempt.error) == ("RETRY", describe(BUSY))

    def test_success_after_a_retry_forgets_the_error_but_its_attempt_keeps_it(self, store: Store) -> None:
        held = store.claimed()
        store.retry(held)
        store.sql("UPDATE jobs SET state = 'PENDING', due_at = NULL")
        again = store.claim(store.job(held.job_id))
        assert again
        assert again.attempts_used == 1
        assert store.succeed(again)
        assert store.job(held.job_id).error is None
        assert [(each.number, each.outcome, each.error) for each in store.attempts(held.job_id)] == [
            (1, "RETRY", describe(BUSY)),
            (2, "SUCCESS", None),
        ]

    def test_a_crash_lets_the_job_wait_again_and_ends_it_at_the_bound(self, store: Store) -> None:
        held = store.claimed(max_crashes=2)
        job = store.job(held.job_id)
        assert store.crash(held)
        waiting = store.job(job.id)
        assert (waiting.state, waiting.crashes, waiting.published_at) == (State.PENDING, 1, None)
        assert waiting.attempts_used == 0
        again = store.claim(waiting)
        assert again
        assert store.crash(again)
        ended = store.job(job.id)
        assert (ended.state, ended.crashes, ended.error) == (State.FAILURE, 2, describe(DIED))
        assert store.outcomes(job.id) == ["CRASHED", "CRASHED"]

    def test_giving_back_spends_nothing(self, store: Store) -> None:
        worker_id = store.worker()
        kept, given = store.claimed(worker_id), store.claimed(worker_id)
        store.give_back(worker_id, given.job_id)
        job = store.job(given.job_id)
        assert (job.state, job.attempt, job.attempts_used, job.crashes, job.losses) == (State.PENDING, 1, 0, 0, 0)
        assert (job.published_at, job.requeued) == (None, True)
        assert store.outcomes(given.job_id) == ["GIVEN BACK"]
        assert store.state(kept.job_id) is State.STARTED

    def test_a_worker_that_stops_gives_back_all_of_its_own(self, store: Store) -> None:
        mine, others = store.worker(), store.worker()
        held = [store.claimed(mine) for _ in range(3)]
        other = store.claimed(others)
        ended = store.claimed(mine)
        store.succeed(ended)
        assert store.stop(mine) == 3
        assert {store.state(each.job_id) for each in held} == {State.PENDING}
        assert {tuple(store.outcomes(each.job_id)) for each in held} == {("GIVEN BACK",)}
        assert (store.state(other.job_id), store.state(ended.job_id)) == (State.STARTED, State.SUCCESS)

    def test_what_dead_workers_hold_is_taken_back(self, store: Store, reconciler: Reconciler) -> None:
        lost, stopped, alive = (store.worker(name) for name in ("lost", "stopped", "alive"))
        of_lost, of_stopped, of_alive = (store.claimed(each) for each in (lost, stopped, alive))
        store.unseen(lost)
        store.sql("UPDATE workers SET stopped_at = now() WHERE id = :id", id=stopped)  # and its goodbye failed
        assert reconciler.round(judge_workers=True).taken_back == 2
        assert [store.state(each.job_id) for each in (of_lost, of_stopped, of_alive)] == [
            State.PENDING,
            State.PENDING,
            State.STARTED,
        ]
        job = store.job(of_lost.job_id)
        assert store.outcomes(job.id) == ["LOST"]
        assert (job.attempts_used, job.crashes, job.losses, job.error) == (0, 0, 1, None)


class TestLosses:
    """A job may be what ends its workers, so they are not lost for it without end."""

    def lose(self, store: Store, reconciler: Reconciler, job_id: UUID) -> None:
        worker_id = store.worker()
        assert store.claim(store.job(job_id), worker_id)
        store.unseen(worker_id)
        assert reconciler.round(judge_workers=True).taken_back == 1

    def test_a_job_whose_workers_were_lost_too_often_ends_with_the_reason(
        self, store: Store, reconciler: Reconciler
    ) -> None:
        job_id = store.submit(max_attempts=1, max_crashes=1).id
        for lost in range(1, MAX_LOSSES):
            self.lose(store, reconciler, job_id)
            job = store.job(job_id)
            assert (job.state, job.losses, job.attempts_used, job.crashes) == (State.PENDING, lost, 0, 0)
        self.lose(store, reconciler, job_id)
        job = store.job(job_id)
        assert (job.state, job.losses, job.error) == (State.FAILURE, MAX_LOSSES, describe(LOSS_ERROR))
        assert store.outcomes(job_id) == ["LOST"] * MAX_LOSSES
        assert [attempt.error for attempt in store.attempts(job_id)] == [None] * (MAX_LOSSES - 1) + [job.error]

    def test_a_claim_that_was_given_back_is_no_loss(self, store: Store, reconciler: Reconciler) -> None:
        job = store.submit()
        store.sql("UPDATE jobs SET losses = :almost", almost=MAX_LOSSES - 1)
        worker_id = store.worker()
        assert store.claim(job, worker_id)
        assert store.stop(worker_id) == 1
        assert not reconciler.round(judge_workers=True).taken_back
        assert (store.state(job.id), store.job(job.id).losses) == (State.PENDING, MAX_LOSSES - 1)


class TestWhatTheMainProcessReports:
    """A child that died, or let go of its job, has its attempt ended for it; and no attempt of another."""

    def test_a_crash(self, store: Store) -> None:
        held = store.claimed(max_crashes=2)
        worker_id = store.worker_of(held)
        store.crash_of_process(worker_id, held.job_id)
        job = store.job(held.job_id)
        assert (job.state, job.crashes, job.published_at, job.requeued) == (State.PENDING, 1, None, True)
        assert store.claim(job, worker_id)
        store.crash_of_process(worker_id, held.job_id)
        job = store.job(held.job_id)
        assert (job.state, job.crashes, job.error) == (State.FAILURE, 2, describe(DIED))
        assert store.outcomes(job.id) == ["CRASHED", "CRASHED"]

    @pytest.mark.parametrize("report", [Store.crash_of_process, Store.give_back])
    def test_another_process_that_had_a_second_message_ends_nothing(
        self,
        store: Store,
        report: Callable[..., None],
    ) -> None:
        held = store.claimed()
        before = store.job(held.job_id), store.attempts(held.job_id)
        report(store, store.worker_of(held), held.job_id, pid=ANOTHER_PID)
        report(store, store.worker("another"), held.job_id)
        assert (store.job(held.job_id), store.attempts(held.job_id)) == before
        assert store.succeed(held)

    @pytest.mark.parametrize("report", [Store.crash_of_process, Store.give_back])
    def test_a_process_that_took_the_message_and_claimed_nothing_has_lost_it(
        self, store: Store, report: Callable[..., None]
    ) -> None:
        job = store.submit()
        report(store, store.worker(), job.id)
        now = store.job(job.id)
        assert (now.state, now.published_at, now.crashes) == (State.PENDING, None, 0)
        assert store.outcomes(job.id) == []

    def test_a_parked_job_has_no_message_to_lose(self, store: Store) -> None:
        store.submit(at_once=1)
        job = store.submit(at_once=1)
        assert job.parked_at is not None
        store.give_back(store.worker(), job.id)
        assert store.job(job.id) == job


class TestWhileTheJobGoesOn:
    """What is taken back is the claim that was meant, also if the job moves on at the same moment."""

    @pytest.mark.parametrize("way", ["stop", "give back", "idle claims"])
    def test_no_claim_of_another_worker_is_taken_back(self, store: Store, way: str) -> None:
        held, another = store.claimed(), store.worker("another")
        job_id, worker_id = held.job_id, store.worker_of(held)
        take_back = {
            "stop": lambda: store.stop(worker_id),
            "give back": lambda: store.give_back(worker_id, job_id),
            "idle claims": lambda: store.beat(worker_id),
        }[way]
        store.sql("UPDATE jobs SET started_at = now() - interval '1 minute'")
        with ThreadPoolExecutor(1) as pool:
            with store.database.transaction(20) as connection:
                connection.exec_driver_sql("UPDATE jobs SET state = 'PENDING', worker_id = NULL, worker_pid = NULL")
                claim = f"SELECT verdict FROM claim_job('{job_id}', '{another}', 1, 8, '0', '90 seconds')"
                assert connection.exec_driver_sql(claim).scalar_one() == "CLAIMED"
                taking = pool.submit(take_back)
                eventually(lambda: store.sql(WAITS_FOR_A_LOCK))
            taking.result(10)
        assert (store.state(job_id), store.job(job_id).attempt) == (State.STARTED, 2)
        assert store.attempts(job_id)[1].outcome is None

    def test_a_child_that_is_claimed_while_its_parent_is_cancelled_has_no_attempt_that_goes_on(
        self, store: Store
    ) -> None:
        parent, child, worker = store.claimed(), store.submit(), store.worker("another")
        store.sql("UPDATE jobs SET parent_id = :parent WHERE id = :id", parent=parent.job_id, id=child.id)
        store.sql("UPDATE jobs SET open_children = 1 WHERE id = :id", id=parent.job_id)
        with ThreadPoolExecutor(1) as pool:
            with store.database.transaction(20) as connection:
                claim = f"SELECT verdict FROM claim_job('{child.id}', '{worker}', 1, 8, '0', '90 seconds')"
                assert connection.exec_driver_sql(claim).scalar_one() == "CLAIMED"
                cancelling = pool.submit(store.cancel, parent.job_id)
                eventually(lambda: store.sql(WAITS_FOR_A_LOCK))
            assert cancelling.result(10)
        assert (store.state(child.id), store.outcomes(child.id)) == (State.REVOKED, ["REVOKED"])

    def test_the_last_loss_of_a_child_whose_parent_is_locked_is_left_for_later_and_locks_nothing_meanwhile(
        self, store: Store, reconciler: Reconciler
    ) -> None:
        """Whoever ends a child has its parent's lock first; the other way round, they would wait for one another."""
        parent, held = store.claimed(), store.claimed(store.worker("lost"))
        store.sql(
            "UPDATE jobs SET parent_id = :parent, losses = :almost WHERE id = :id",
            parent=parent.job_id,
            almost=MAX_LOSSES - 1,
            id=held.job_id,
        )
        store.sql("UPDATE jobs SET open_children = 1 WHERE id = :id", id=parent.job_id)
        store.unseen(store.worker_of(held))
        lock = "SELECT FROM jobs WHERE id = '{}' FOR NO KEY UPDATE"
        with store.database.transaction(20) as connection:
            connection.exec_driver_sql(lock.format(parent.job_id))
            assert reconciler.round(judge_workers=True) == Repairs(workers_lost=1)
            connection.exec_driver_sql(lock.format(held.job_id))
        assert reconciler.round(judge_workers=True).taken_back == 1
        assert store.state(held.job_id) is State.FAILURE


class TestALostClaim:
    """An attempt that lost its claim writes nothing, whoever has the job by now."""

    def assert_writes_nothing(self, store: Store, lost: Claim) -> None:
        before = store.job(lost.job_id), store.attempts(lost.job_id)
        assert not store.succeed(lost)
        assert not store.fail(lost)
        assert not store.retry(lost)
        assert not store.crash(lost)
        assert not store.written(lambda: claims.go_on(store.database, lost, GoOn({"done": 1}, [NEW_JOB]), at_once=8))
        assert not store.written(lambda: claims.fan_out(store.database, lost, [NEW_JOB], at_once=8))
        store.give_back(store.worker_of(lost), lost.job_id)
        store.crash_of_process(store.worker_of(lost), lost.job_id)
        assert (store.job(lost.job_id), store.attempts(lost.job_id)) == before
        assert store.count() == 1

    def test_while_the_job_waits_again(self, store: Store) -> None:
        held = store.claimed()
        store.stop(store.worker_of(held))
        self.assert_writes_nothing(store, held)

    def test_while_another_worker_holds_the_job(self, store: Store) -> None:
        held = store.claimed()
        store.stop(store.worker_of(held))
        assert store.claim(store.job(held.job_id), store.worker("another"))
        self.assert_writes_nothing(store, held)

    def test_after_the_jobs_end(self, store: Store) -> None:
        held = store.claimed()
        store.succeed(held)
        self.assert_writes_nothing(store, held)

    def test_after_the_job_was_cancelled(self, store: Store) -> None:
        held = store.claimed()
        store.cancel(held.job_id)
        self.assert_writes_nothing(store, held)

    def test_by_number_where_the_same_process_holds_the_job_again(self, store: Store) -> None:
        first = store.claimed()
        store.give_back(store.worker_of(first), first.job_id)
        second = store.claim(store.job(first.job_id), store.worker_of(first))
        assert second
        assert not store.succeed(first)
        assert not store.retry(first)
        assert store.succeed(second)
        assert store.outcomes(first.job_id) == ["GIVEN BACK", "SUCCESS"]
