"""Every error that a request, a job or a webhook can end in, split by what the caller can do about it.

    ServiceError
    ├── TryLater                 the same request may succeed later
    │   ├── DatabaseUnavailable
    │   ├── BrokerUnavailable
    │   ├── BacklogFull
    │   ├── StreamsFull
    │   └── PageUnavailable
    │       ├── FetchTimedOut
    │       ├── ConnectionFailed
    │       ├── ServerBusy           408, 425, 429 and 5xx; may carry Retry-After
    │       └── WebhookNotTaken      any status that is no success; may carry Retry-After
    ├── GiveUp                   the same request will fail again
    │   ├── AddressRefused
    │   ├── PageRefused              any other status that is no success
    │   ├── TooManyRedirects
    │   ├── InvalidRedirect
    │   ├── InvalidResponse
    │   ├── NotText
    │   ├── PageTooLarge
    │   ├── CertificateRefused
    │   ├── ReceiverGone
    │   ├── AttemptCrashed
    │   ├── AttemptOutOfTime
    │   ├── AttemptOutOfMemory
    │   └── UnexpectedError
    └── MendRequest              the caller must change the request
        ├── Unauthenticated
        ├── MalformedRequest
        ├── InvalidRequest
        ├── UnsupportedBody
        ├── RequestTooLarge
        ├── CrossSiteRequest
        ├── UnknownJob
        ├── JobNotEnded
        └── IdempotencyKeyReused

The message of an error is shown to users: it says what was wrong and what to do, and never names an internal address.
"""

import re


class ServiceError(Exception):
    """Root of the tree. `title` is one fixed phrase for the class; `str(error)` is the detail."""

    title = "Something went wrong"

    @property
    def type(self) -> str:
        """The class's name in kebab case, as users see it: `FetchTimedOut` is `fetch-timed-out`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.__class__.__name__).lower()

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return isinstance(self, TryLater)


class TryLater(ServiceError):
    """The same request may succeed later."""

    title = "Not possible right now"


class DatabaseUnavailable(TryLater):
    """The job store did not answer in time, or refused the connection."""

    title = "The job store is not reachable"


class BrokerUnavailable(TryLater):
    """The broker did not answer in time, or refused the connection."""

    title = "The broker is not reachable"


class BacklogFull(TryLater):
    """More jobs wait than the service takes on."""

    title = "Too many jobs wait"


class StreamsFull(TryLater):
    """As many event streams are open as the service holds."""

    title = "Too many event streams are open"


class PageUnavailable(TryLater):
    """The page could not be had this time.

    `retry_after` is the wait in seconds that the site asked for, if any, and `host` the one that answered so: after a
    redirect, it is not that of the job's URL.
    """

    title = "The page is not available right now"

    def __init__(self, detail: str, retry_after: float | None = None, host: str | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.host = host


class FetchTimedOut(PageUnavailable):
    """A phase of the fetch, or the whole of it, took longer than its deadline."""

    title = "The site took too long"


class ConnectionFailed(PageUnavailable):
    """No connection, or one that broke: name not resolved, refused, reset, cut short."""

    title = "The connection to the site failed"


class ServerBusy(PageUnavailable):
    """The site answered 408, 425, 429 or 5xx."""

    title = "The site could not answer right now"


class WebhookNotTaken(PageUnavailable):
    """The receiver of a webhook answered by a status that is no success."""

    title = "The receiver did not take the webhook"


class GiveUp(ServiceError):
    """The same request will fail again."""

    title = "Not possible"


class AddressRefused(GiveUp):
    """The URL leads to an address that is not a public one. The address is never named."""

    title = "The address is refused"


class PageRefused(GiveUp):
    """The site answered with a status that is no success and will not change by itself, like 404."""

    title = "The site has no such page for us"


class TooManyRedirects(GiveUp):
    """More redirects than the limit."""

    title = "Too many redirects"


class InvalidRedirect(GiveUp):
    """A redirect without a usable target."""

    title = "The redirect leads nowhere"


class InvalidResponse(GiveUp):
    """The answer breaks HTTP: headers too large, a compression that does not decode, a length that lies."""

    title = "The site's answer is malformed"


class NotText(GiveUp):
    """The content type is one whose words are not counted."""

    title = "The page is not text"


class PageTooLarge(GiveUp):
    """More bytes than the limit, on the wire or decoded."""

    title = "The page is too large"


class CertificateRefused(GiveUp):
    """The site's TLS certificate is not valid for it."""

    title = "The site's certificate is not valid"


class ReceiverGone(GiveUp):
    """The receiver of a webhook answered 410: it wants no more of them."""

    title = "The receiver is gone"


class AttemptCrashed(GiveUp):
    """The process that ran the attempt died."""

    title = "The process that ran the job died"


class AttemptOutOfTime(GiveUp):
    """The attempt ran into its time limit."""

    title = "The job ran out of time"


class AttemptOutOfMemory(GiveUp):
    """The attempt wanted more memory than its process may have."""

    title = "The job ran out of memory"


class UnexpectedError(GiveUp):
    """The task raised what nobody foresaw; the log has the trace."""

    title = "The job failed unexpectedly"


class MendRequest(ServiceError):
    """The caller must change the request."""

    title = "The request cannot be fulfilled as it is"


class Unauthenticated(MendRequest):
    """The request carries no API key, or one that is not known."""

    title = "An API key is needed"


class InvalidRequest(MendRequest):
    """One or more fields are wrong. `errors` pairs each field's name with what is wrong about it."""

    title = "The request is not valid"

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__(*errors)
        self.errors = errors

    def __str__(self) -> str:
        return "; ".join(f"{field}: {detail}" for field, detail in self.errors)


class MalformedRequest(MendRequest):
    """The body cannot be read as what it says it is."""

    title = "The body cannot be read"


class UnsupportedBody(MendRequest):
    """The body is neither JSON nor a form."""

    title = "The body has the wrong type"


class RequestTooLarge(MendRequest):
    """The body is larger than the limit."""

    title = "The request is too large"


class CrossSiteRequest(MendRequest):
    """A browser sent it because another site told it to."""

    title = "Another site's page sent this"


class UnknownJob(MendRequest):
    """No job has this id; it never had, or it ended longer ago than results are kept."""

    title = "There is no such job"


class JobNotEnded(MendRequest):
    """The job has not ended, so it cannot be tried again."""

    title = "The job has not ended yet"


class IdempotencyKeyReused(MendRequest):
    """The Idempotency-Key came before with another request."""

    title = "The Idempotency-Key was used for another request"
