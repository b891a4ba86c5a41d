"""Every error that a fetch can end in, split by whether the same fetch may succeed later.

    FetchError
    ├── TransientFetchError      the same fetch may succeed later
    │   ├── FetchTimedOut            a phase of the fetch, or the whole of it, took longer than its deadline
    │   ├── ConnectionFailed         no connection, or one that broke: name not looked up, refused, reset, cut short
    │   │   └── HostNotFound             the name server says that there is no such host
    │   └── ServerBusy               408, 425, 429 and 5xx; may carry Retry-After
    └── PermanentFetchError      the same fetch will fail again
        ├── InvalidUrl               too long, not http or https, or without a usable host
        ├── AddressRefused           the URL leads to an address that is not public, which is never named
        ├── PageRefused              any other status that is not a success
        ├── TooManyRedirects         more of them than the limit
        ├── InvalidRedirect          one without a usable target
        ├── InvalidResponse          breaks HTTP: headers too large, compression that does not decode, a false length
        ├── PageTooLarge             more bytes than the limit, on the wire or decoded
        └── CertificateRefused       the site's TLS certificate is not valid for it

The message of an error is shown to users: it says what was wrong and what to do, and never names an internal address.
"""

import re


class FetchError(Exception):
    """Root of the tree. `title` is one fixed phrase for the class; `str(error)` is the detail.

    `http_status` is that of the answer, where it is the reason.
    """

    title = "The page could not be fetched"

    def __init__(self, detail: str, *, http_status: int | None = None) -> None:
        super().__init__(detail)
        self.http_status = http_status

    @property
    def type(self) -> str:
        """The class's name in kebab case, as users see it: `FetchTimedOut` is `fetch-timed-out`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.__class__.__name__).lower()

    @property
    def retryable(self) -> bool:
        """Whether the same fetch may succeed later."""
        return isinstance(self, TransientFetchError)


class TransientFetchError(FetchError):
    """`retry_after` is the wait in seconds that the site asked for, if any, and `host` the one that asked.

    After a redirect, that is not the host of the URL that was asked for.
    """

    title = "The page is not available right now"

    def __init__(
        self,
        detail: str,
        retry_after: float | None = None,
        host: str | None = None,
        *,
        http_status: int | None = None,
    ) -> None:
        super().__init__(detail, http_status=http_status)
        self.retry_after = retry_after
        self.host = host


class FetchTimedOut(TransientFetchError):
    title = "The site took too long"


class ConnectionFailed(TransientFetchError):
    title = "The connection to the site failed"


class HostNotFound(ConnectionFailed):
    title = "The host is not known"


class ServerBusy(TransientFetchError):
    title = "The site could not answer right now"


class PermanentFetchError(FetchError):
    title = "The page cannot be fetched"


class InvalidUrl(PermanentFetchError):
    """The message continues "The URL ..."."""

    title = "The URL is not valid"


class AddressRefused(PermanentFetchError):
    title = "The address is refused"


class PageRefused(PermanentFetchError):
    title = "The site refused the page"


class TooManyRedirects(PermanentFetchError):
    title = "Too many redirects"


class InvalidRedirect(PermanentFetchError):
    title = "The redirect leads nowhere"


class InvalidResponse(PermanentFetchError):
    title = "The site's answer is malformed"


class PageTooLarge(PermanentFetchError):
    title = "The page is too large"


class CertificateRefused(PermanentFetchError):
    title = "The site's certificate is not valid"
