"""Errors of the HTTP interface, in the tree of `job_core.errors`.

    TransientError
    ├── BacklogFull
    ├── MemoryFull
    └── StreamsFull
    ClientError
    ├── Unauthenticated
    ├── MalformedRequest
    ├── InvalidRequest
    ├── UnsupportedBody
    ├── RequestTooLarge
    ├── CrossSiteRequest
    ├── UnknownBatch
    ├── UnknownQuote
    └── WordsNotTogether

The message of an error is shown to the caller: it says what is wrong, and what to do about it.
"""

from job_core.errors import ClientError, TransientError


class BacklogFull(TransientError):
    """More jobs are waiting than the service accepts."""

    title = "Too many jobs are waiting"


class MemoryFull(TransientError):
    """Too many large requests and answers are under way for the memory that there is."""

    title = "Too many large answers are under way"


class StreamsFull(TransientError):
    """The maximum number of event streams is open."""

    title = "Too many event streams are open"


class Unauthenticated(ClientError):
    """The request carries no API key, or an unknown one."""

    title = "An API key is required"


class MalformedRequest(ClientError):
    """The body cannot be parsed as its content type."""

    title = "The body cannot be read"


class InvalidRequest(ClientError):
    """One or more fields are invalid. `errors` pairs each field's name with the reason."""

    title = "The request is not valid"

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__(*errors)
        self.errors = errors

    def __str__(self) -> str:
        return "; ".join(f"{field}: {detail}" for field, detail in self.errors)


class UnsupportedBody(ClientError):
    """The body is neither JSON nor a form."""

    title = "The content type is not supported"


class RequestTooLarge(ClientError):
    """The body is larger than the limit."""

    title = "The request is too large"


class CrossSiteRequest(ClientError):
    """A browser sent it on behalf of another site's page."""

    title = "The request comes from another site's page"


class UnknownBatch(ClientError):
    """There are no such jobs that were submitted together."""

    title = "There is no such batch"


class UnknownQuote(ClientError):
    """There is no such quote."""

    title = "There is no such quote"


class WordsNotTogether(ClientError):
    """The words of a crawl were not put together, and its pages are too many to do so in an answer."""

    title = "The words of the crawl are not put together"
