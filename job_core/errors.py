"""Every error of a job or of its services, split by what the caller can do about it.

    CoreError
    ├── TransientError           the same request may succeed later
    │   ├── ServiceUnavailable       carries the reason
    │   │   ├── DatabaseUnavailable
    │   │   │   └── DatabaseLocked
    │   │   └── BrokerUnavailable
    │   └── WebhookNotTaken          any status that is not a success; may carry Retry-After
    ├── PermanentError           the same request will fail again
    │   ├── ReceiverGone
    │   ├── ReceiverRefused
    │   ├── AttemptCrashed
    │   ├── AttemptOutOfTime
    │   ├── AttemptOutOfMemory
    │   ├── AttemptLost
    │   ├── UnknownKind
    │   ├── InvalidChildRequest
    │   └── UnexpectedError
    └── ClientError              the caller must change the request
        ├── UnknownJob
        ├── JobNotEnded
        └── IdempotencyKeyReused

A task says how its job ends by raising TransientError or PermanentError, or a subclass of its own. The message of an
error is shown to users: it says what was wrong and what to do, and never names an internal address.
"""

import re


class CoreError(Exception):
    """Root of the tree. `str(error)` is the detail; `type` and `title` are the class's unless given."""

    title = "Something went wrong"

    def __init__(self, *args: object, type: str | None = None, title: str | None = None) -> None:  # noqa: A002 - the name of RFC 9457
        super().__init__(*args)
        self._type = type
        if title is not None:
            self.title = title

    @property
    def type(self) -> str:
        """A name in kebab case, as users see it: `AttemptCrashed` is `attempt-crashed`."""
        return self._type or re.sub(r"(?<!^)(?=[A-Z])", "-", self.__class__.__name__).lower()

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return isinstance(self, TransientError)


class TransientError(CoreError):
    """The same request may succeed later.

    `retry_after` is the least wait in seconds, if one was asked for, and `limit_key` what it was asked for: no job of
    this key is begun meanwhile.
    """

    title = "Not possible right now"

    def __init__(
        self,
        detail: str,
        *,
        type: str | None = None,  # noqa: A002 - the name of RFC 9457
        title: str | None = None,
        retry_after: float | None = None,
        limit_key: str | None = None,
    ) -> None:
        super().__init__(detail, type=type, title=title)
        self.retry_after = retry_after
        self.limit_key = limit_key


class ServiceUnavailable(TransientError):
    """A service of the stack cannot be used now. `reason` says why in a few words, without an address or a secret."""

    title = "A service is not reachable"

    def __init__(self, detail: str, *, reason: str = "not reachable") -> None:
        super().__init__(detail)
        self.reason = reason


class DatabaseUnavailable(ServiceUnavailable):
    """The job store did not answer in time, refused the connection, or does not take writes."""

    title = "The job store is not reachable"


class DatabaseLocked(DatabaseUnavailable):
    """Somebody else, a person at a console perhaps, holds a lock for long on what was to be changed."""

    title = "The job store is locked"


class BrokerUnavailable(ServiceUnavailable):
    """The broker did not answer in time, refused the connection, or does not take messages."""

    title = "The broker is not reachable"


class WebhookNotTaken(TransientError):
    """The receiver of a webhook answered with a status that is not a success, or not at all."""

    title = "The receiver did not take the webhook"


class PermanentError(CoreError):
    """The same request will fail again."""

    title = "Not possible"


class ReceiverGone(PermanentError):
    """The receiver of a webhook answered 410: it wants no more of them."""

    title = "The receiver is gone"


class ReceiverRefused(PermanentError):
    """The receiver of a webhook is at an address that nothing is sent to."""

    title = "The receiver's address is refused"


class AttemptCrashed(PermanentError):
    """The process that ran the attempt died."""

    title = "The process that ran the job died"


class AttemptOutOfTime(PermanentError):
    """The attempt ran into its time limit."""

    title = "The job ran out of time"


class AttemptOutOfMemory(PermanentError):
    """The attempt needed more memory than its process may have."""

    title = "The job ran out of memory"


class AttemptLost(PermanentError):
    """The worker that ran the attempt was lost, too often."""

    title = "The workers that ran the job were lost"


class UnknownKind(PermanentError):
    """No worker knows how to do jobs of this kind."""

    title = "Nothing does jobs of this kind"


class InvalidChildRequest(PermanentError):
    """The task described a child job whose request is not valid."""

    title = "The request of a child job is not valid"


class UnexpectedError(PermanentError):
    """The task raised an unhandled exception; the log has the trace."""

    title = "The job failed unexpectedly"


class ClientError(CoreError):
    """The caller must change the request."""

    title = "The request cannot be fulfilled as it is"


class UnknownJob(ClientError):
    """No job has this id; it never had, or it ended longer ago than results are kept."""

    title = "There is no such job"


class JobNotEnded(ClientError):
    """The job has not ended, so it cannot be tried again."""

    title = "The job has not ended yet"


class IdempotencyKeyReused(ClientError):
    """The Idempotency-Key came before with another request."""

    title = "The Idempotency-Key was used for another request"
