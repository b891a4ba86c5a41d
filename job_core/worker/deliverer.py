"""Delivers webhooks: threads in the worker's main process, so that a slow receiver holds no child.

The rows of `deliveries` say what is to be done; every worker takes what is due, one row at a time.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

import structlog
from pydantic import SecretStr

from job_core.core import JobCore
from job_core.errors import CoreError, DatabaseUnavailable, UnexpectedError
from job_core.store import deliveries
from job_core.store.database import Database
from job_core.store.deliveries import DeliveryClaim
from job_core.webhooks import Body, Post, send

AT_ONCE = 16  # in one worker
AT_ONCE_PER_RECEIVER = 4  # so that one which hangs leaves room for others
LOOK_SECONDS = 1.0  # between two looks for what is due
TOTAL_SECONDS = 15.0  # that one attempt may take in all
LOST_AFTER = timedelta(seconds=TOTAL_SECONDS + 10)  # an attempt that wrote no outcome for so long is dead
CONNECTIONS = 3  # to the database

log = structlog.get_logger()


class Deliverer:
    """One for each worker process. `body_of` makes what is sent; `post` must end within TOTAL_SECONDS."""

    def __init__(self, core: JobCore, secrets: Sequence[SecretStr], body_of: Body, post: Post) -> None:
        self._core = core
        self._body_of = body_of
        self._post = post
        self._secrets = secrets
        self._room = threading.Semaphore(AT_ONCE)
        self._changing = threading.Lock()
        self._busy: Counter[str] = Counter()  # attempts under way, by receiver
        self._look = threading.Event()  # something has changed: it may be worth looking now
        self._stopped = False

    @cached_property
    def _database(self) -> Database:
        return self._core.database(pool_size=CONNECTIONS)

    def start(self) -> None:
        """Begin to deliver. Without a secret nothing can be signed, so nothing is sent, and what is due waits."""
        if self._secrets:
            threading.Thread(target=self._run, name="deliverer", daemon=True).start()

    def stop(self) -> None:
        """Begin no more attempts. Those under way end with the process, and come again elsewhere if they must."""
        self._stopped = True
        self._look.set()

    def _run(self) -> None:
        while not self._stopped:
            self._room.acquire()
            begun = False
            try:
                begun = self._begin_next()
            except DatabaseUnavailable as error:
                log.warning("no delivery: the database is away", reason=error.reason)
            except Exception:  # without this thread, nothing would be delivered any more
                log.exception("looking for deliveries failed")
            if not begun:
                self._room.release()
                self._look.wait(LOOK_SECONDS)
                self._look.clear()

    def _begin_next(self) -> bool:
        """Begin an attempt of what is due, in a thread of its own; False if there is nothing."""
        with self._changing:
            full = [receiver for receiver, running in self._busy.items() if running >= AT_ONCE_PER_RECEIVER]
        held = deliveries.claim_due(self._database, LOST_AFTER, excluding=full)
        if held is None:
            return False
        with self._changing:
            self._busy[held.receiver] += 1
        try:
            threading.Thread(target=self._attempt, args=(held,), name="delivery", daemon=True).start()
        except RuntimeError:  # no thread could be had
            self._forget(held.receiver)
            raise
        return True

    def _attempt(self, held: DeliveryClaim) -> None:
        try:
            with structlog.contextvars.bound_contextvars(job_id=str(held.job.id)):
                self._write(held, self._error_of(held))
        except DatabaseUnavailable as error:
            log.warning("not noted; the webhook will be sent again", job_id=str(held.job.id), reason=error.reason)
        finally:
            self._forget(held.receiver)
            self._room.release()
            self._look.set()

    def _forget(self, receiver: str) -> None:
        with self._changing:
            self._busy[receiver] -= 1
            if not self._busy[receiver]:
                del self._busy[receiver]

    def _error_of(self, held: DeliveryClaim) -> CoreError | None:
        try:
            send(held.url, held.job, self._secrets, self._body_of, self._post)
        except CoreError as error:
            return error
        except Exception:
            log.exception("unhandled exception while sending a webhook")
            return UnexpectedError("The webhook was not sent, for a reason that lies with this service.")
        return None

    def _write(self, held: DeliveryClaim, error: CoreError | None) -> None:
        if error is None:
            deliveries.succeed(self._database, held)
        else:
            deliveries.fail(self._database, held, error)
