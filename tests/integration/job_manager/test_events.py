"""Server-Sent Events of a job, as a browser or any other client of a deployed manager meets them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from flask.testing import FlaskClient

from dev.waiting import eventually
from embedded.ports import free_ports
from embedded.servers import Servers
from job_manager import jobs
from tests.integration.job_manager.conftest import STREAMS, deployed_manager, manager_on
from tests.integration.job_store import Store
from tests.integration.pausing import Stopwatch, hung_database

NOTICED_SECONDS = 0.5
GONE_SECONDS = 10.0  # two beats, and room


@dataclass(frozen=True)
class Event:
    id: str
    job: dict[str, Any]


class Stream:
    """An open stream, read as the HTML standard says."""

    def __init__(self, answer: requests.Response) -> None:
        self._lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        self.retry_ms: int | None = None

    def events(self) -> Iterator[Event]:
        """Every event until the manager closes the stream."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if line == "" and "data" in fields:
                yield Event(fields["id"], json.loads(fields["data"]))
                fields = {}
            elif name == "retry":
                self.retry_ms = int(value)
            elif name:
                fields[name] = value

    def next(self) -> Event:
        return next(self.events())

    def wait_for_beat(self) -> None:
        """Read a comment, which clients pass over."""
        assert next(line for line in self._lines if line).startswith(":")


@contextmanager
def opened(manager_url: str, job_id: UUID, last_seen: str | None = None) -> Iterator[Stream]:
    headers = {} if last_seen is None else {"Last-Event-ID": last_seen}
    with requests.get(f"{manager_url}/result/{job_id}/events", headers=headers, stream=True, timeout=20) as answer:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Connection"] == "close"  # kept alive, it would hold up the manager's stop
        answer.encoding = "utf-8"
        stream = Stream(answer)  # its connection is closed once nobody refers to it
        yield stream


def shown(manager_url: str, job_id: UUID) -> dict[str, Any]:
    job: dict[str, Any] = requests.get(f"{manager_url}/result/{job_id}", timeout=20).json()
    return job


def test_a_stream_tells_each_step_until_the_end_and_closes(manager_url: str, store: Store) -> None:
    job = store.submit()
    seen, jobs = [], []
    with opened(manager_url, job.id) as stream:
        for event in stream.events():
            seen.append(event.id)
            jobs.append(event.job)
            assert event.job == shown(manager_url, job.id)
            if event.id in {"0-PENDING", "1-PENDING"}:
                held = store.claim(job)
            elif event.id == "1-STARTED":
                assert held is not None
                store.give_back(store.holder(job.id), job.id)
            elif event.id == "2-STARTED":
                assert held is not None
                store.succeed(held)
    assert seen == ["0-PENDING", "1-STARTED", "1-PENDING", "2-STARTED", "2-SUCCESS"]
    assert [attempt["outcome"] for attempt in jobs[-1]["attempts"]] == ["GIVEN BACK", "SUCCESS"]
    assert stream.retry_ms == 1_000


def test_a_step_is_told_within_half_a_second(manager_url: str, store: Store) -> None:
    job = store.submit()
    with opened(manager_url, job.id) as stream:
        stream.next()
        store.cancel(job.id)
        watch = Stopwatch()
        assert stream.next().id == "0-REVOKED"
        assert watch.seconds < NOTICED_SECONDS


def test_a_job_that_is_parked_and_released_is_told_so(manager_url: str, store: Store) -> None:
    job = store.submit()
    with opened(manager_url, job.id) as stream:
        assert stream.next().job["parked_at"] is None
        store.sql("UPDATE jobs SET parked_at = now()")
        parked = stream.next()
        assert parked.id.startswith("0-PENDING-parked-")
        assert parked.job["parked_at"] is not None
        store.sql("UPDATE jobs SET parked_at = NULL")
        assert stream.next().job["parked_at"] is None


def test_a_job_that_has_ended_is_told_once(manager_url: str, store: Store) -> None:
    held = store.claimed()
    store.fail(held)
    with opened(manager_url, held.job_id) as stream:
        assert [event.id for event in stream.events()] == ["1-FAILURE"]


class TestResuming:
    """By the id of the last event that was seen, at whatever process."""

    def test_repeats_nothing(self, manager_url: str, store: Store) -> None:
        held = store.claimed()
        with opened(manager_url, held.job_id, last_seen="1-STARTED") as stream:
            store.succeed(held)
            assert [event.id for event in stream.events()] == ["1-SUCCESS"]

    def test_tells_what_was_missed_in_the_attempts_of_the_next_event(self, manager_url: str, store: Store) -> None:
        held = store.claimed()
        store.retry(held)
        with opened(manager_url, held.job_id, last_seen="0-PENDING") as stream:
            event = stream.next()
        assert event.id == "1-RETRY"
        assert [attempt["outcome"] for attempt in event.job["attempts"]] == ["RETRY"]

    def test_after_the_end_is_answered_that_there_is_no_more(self, manager_url: str, store: Store) -> None:
        job = store.submit()
        store.cancel(job.id)
        url = f"{manager_url}/result/{job.id}/events"
        answer = requests.get(url, headers={"Last-Event-ID": "0-REVOKED"}, timeout=20)
        assert (answer.status_code, answer.content) == (204, b"")

    def test_by_an_id_that_no_event_had_begins_anew(self, manager_url: str, store: Store) -> None:
        job = store.submit()
        with opened(manager_url, job.id, last_seen="nonsense\u00e9") as stream:
            assert stream.next().id == "0-PENDING"

    def test_over_a_restart_of_the_manager(self, servers: Servers, store: Store, tmp_path: Path) -> None:
        held = store.claimed()
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        with deployed_manager(servers, port, tmp_path / "log") as process, opened(url, held.job_id) as stream:
            assert stream.next().id == "1-STARTED"
            process.terminate()
            watch = Stopwatch()
            assert list(stream.events()) == []
            assert watch.seconds < 2  # an open stream holds up no stop
            assert process.wait(20) == 0
            assert watch.seconds < 5
        store.retry(held)
        with deployed_manager(servers, port, tmp_path / "log"), opened(url, held.job_id, "1-STARTED") as stream:
            assert stream.next().id == "1-RETRY"
            store.cancel(held.job_id)
            assert [event.id for event in stream.events()] == ["1-REVOKED"]


def test_a_stream_that_has_nothing_to_tell_beats(manager_url: str, store: Store) -> None:
    job = store.submit()
    with opened(manager_url, job.id) as stream:
        assert stream.next().id == "0-PENDING"
        stream.wait_for_beat()
        store.cancel(job.id)
        assert [event.id for event in stream.events()] == ["0-REVOKED"]


def test_a_database_that_was_away_does_not_end_a_stream(manager_url: str, store: Store, servers: Servers) -> None:
    job = store.submit()
    with opened(manager_url, job.id) as stream:
        assert stream.next().id == "0-PENDING"
        with hung_database(servers):
            assert requests.get(f"{manager_url}/readyz", timeout=10).status_code == 503
        store.cancel(job.id)
        assert [event.id for event in stream.events()] == ["0-REVOKED"]


class TestRefusing:
    """What gets no stream gets a problem."""

    @pytest.mark.parametrize("job_id", [str(UUID(int=1)), "nonsense"])
    def test_an_unknown_job(self, manager_url: str, job_id: str) -> None:
        answer = requests.get(f"{manager_url}/result/{job_id}/events", timeout=20)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:job-manager:unknown-job")

    def test_beyond_the_setting_until_a_client_goes(self, manager_url: str, store: Store) -> None:
        job = store.submit()
        with ExitStack() as streams:
            for _ in range(STREAMS):
                assert found_a_place(streams, manager_url, job.id).next().id == "0-PENDING"
            # One that was opened nonetheless would not end.
            with requests.get(f"{manager_url}/result/{job.id}/events", timeout=20, stream=True) as answer:
                assert answer.status_code == 503
                assert answer.json()["type"] == "urn:job-manager:streams-full"
                assert int(answer.headers["Retry-After"]) > 0
            assert requests.post(f"{manager_url}/count", json={"url": job.label}, timeout=20).status_code == 202
        all_at_once(manager_url, job.id)

    def test_a_look_at_the_headers_takes_no_place(self, manager_url: str, store: Store) -> None:
        job = store.submit()
        url = f"{manager_url}/result/{job.id}/events"
        # Until clients of other tests, which went, were noticed.
        eventually(lambda: requests.head(url, timeout=20).status_code == 200, seconds=GONE_SECONDS)
        for _ in range(2 * STREAMS):
            assert requests.head(url, timeout=20).status_code == 200
        all_at_once(manager_url, job.id)

    def test_a_job_that_cannot_be_shown_takes_no_place(
        self, servers: Servers, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = manager_on(servers, MANAGER_STREAMS="1").application
        app.test_client_class = FlaskClient  # one that lets a 500 pass
        client = app.test_client()
        job = store.submit()
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "event", lambda _whole: 1 / 0)
            assert client.get(f"/result/{job.id}/events").status_code == 500
        with client.get(f"/result/{job.id}/events") as answer:
            assert answer.status_code == 200


def all_at_once(manager_url: str, job_id: UUID) -> None:
    """Every place can be had, once those who went were noticed."""
    with ExitStack() as streams:
        for _ in range(STREAMS):
            found_a_place(streams, manager_url, job_id)


def found_a_place(streams: ExitStack, manager_url: str, job_id: UUID) -> Stream:
    """One more stream, which ends with `streams`; others may have to be noticed as gone first."""

    def look() -> Stream | None:
        try:
            return streams.enter_context(opened(manager_url, job_id))
        except AssertionError:
            return None

    return eventually(look, seconds=GONE_SECONDS)
