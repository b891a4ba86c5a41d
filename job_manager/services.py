"""The objects that the routes share, made once by the app factory."""

from dataclasses import dataclass
from threading import Semaphore

from flask import Response, after_this_request, current_app

from job_core.queue import JobQueue
from job_core.store.database import Database
from job_manager.admission import Backlog, BatchQueue, StateCounts
from job_manager.daily_quotes import DailyQuotes
from job_manager.events import Watcher
from job_manager.memory import PARSED, SMALL_BYTES, MemoryBudget
from job_manager.outages import Outages
from job_tasks.settings import Settings

EXTENSION = "job_manager"
DATABASE_SECONDS = 1.7  # a database that hangs is answered with 503 within 2 s
BATCH_SECONDS = 10.0  # for a thousand rows, by a database that is busy but answers


@dataclass(frozen=True, kw_only=True)
class Services:
    """The manager's ways to the database, the queue and what becomes of a job, and its bounds."""

    settings: Settings
    outages: Outages
    database: Database
    queue: JobQueue
    watcher: Watcher
    wait_seats: Semaphore  # for callers that hold a thread each, so that submissions always find one
    stream_seats: Semaphore
    batch_queue: BatchQueue
    backlog: Backlog
    state_counts: StateCounts
    memory: MemoryBudget
    daily_quotes: DailyQuotes


def services() -> Services:
    """The services of the app that answers the current request."""
    made: Services = current_app.extensions[EXTENSION]
    return made


def take_memory(json_bytes: int, seconds: float = DATABASE_SECONDS) -> None:
    """Have memory for that much JSON while this request is answered, and for its answer until it is sent.

    Raises MemoryFull if there is none in time.
    """
    if json_bytes <= SMALL_BYTES:
        return
    taken = services().memory.take(json_bytes * PARSED, seconds)

    @after_this_request
    def _keep_what_is_sent(response: Response) -> Response:
        taken.keep(response.content_length or 0)
        response.call_on_close(taken.give_back)
        return response
