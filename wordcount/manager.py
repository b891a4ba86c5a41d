"""The manager, asked over HTTP."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NameResolutionError, NewConnectionError

from page_fetch.retry_after import retry_after_seconds
from wordcount.errors import CommandError, ManagerAway, NobodyAnswers, Refused
from wordcount.job import JsonObject
from wordcount.patience import PATIENCE_SECONDS, Patience
from wordcount.problem import explain

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0  # beside what the manager was asked to wait

# The manager, or a proxy before it, says that it cannot answer now. Every request here may be sent twice: what submits
# carries an Idempotency-Key.
_LATER = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_NO_CONNECTION = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.ProxyError,
    requests.exceptions.SSLError,
)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _Bearer(AuthBase):
    """The key in the Authorization header (RFC 6750); a header alone would give way to what stands in ~/.netrc."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class Manager:
    """The manager at `server`. `tell` hears when an answer takes its time."""

    def __init__(self, server: str, key: str | None, tell: Callable[[str], None]) -> None:
        self._server = server.rstrip("/")
        self._tell = tell
        self._has_answered = False
        self._session = requests.Session()
        self._session.auth = _Bearer(key) if key else None
        # A proxy of the environment does not reach this machine.
        self._session.trust_env = urlsplit(server).hostname not in _LOOPBACK

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: JsonObject | None = None,
        idempotency_key: str | None = None,
    ) -> JsonObject:
        """The JSON of the answer. Tries again for a minute while the manager is away, once a connection could be made.

        Raises NobodyAnswers, ManagerAway, Refused, or CommandError if the answer is no manager's.
        """
        request = requests.Request(method, self._server + path, params=query, json=body)
        if idempotency_key is not None:
            request.headers = {"Idempotency-Key": idempotency_key}
        patience = Patience()
        while True:
            answer = self._send(request)
            if isinstance(answer, requests.Response) and answer.status_code not in _LATER:
                return self._read(answer)
            self._wait(patience, answer)

    def _send(self, request: requests.Request) -> requests.Response | requests.RequestException:
        try:
            answer = self._session.send(
                self._session.prepare_request(request),
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                **self._session.merge_environment_settings(request.url, {}, None, None, None),
            )
        except requests.RequestException as error:
            if not self._has_answered and _is_unsent(error):
                raise NobodyAnswers(self._nobody(error)) from error
            return error
        self._has_answered = True
        return answer

    def _wait(self, patience: Patience, failed: requests.Response | requests.RequestException) -> None:
        said = f"{self._server} does not answer"
        retry_after = None
        if isinstance(failed, requests.Response):
            said = explain(failed.status_code, _json(failed)).rstrip(".")
            retry_after = retry_after_seconds(failed.headers.get("Retry-After"), datetime.now(UTC))
        if patience.is_new:
            self._tell(f"{said}; trying again for up to {PATIENCE_SECONDS:.0f} s")
        if not patience.wait(retry_after):
            raise ManagerAway(f"{said}; gave up. Try again later.")

    def _read(self, answer: requests.Response) -> JsonObject:
        body = _json(answer)
        if answer.is_redirect:
            raise CommandError(f"{self._server} redirects to another address; give that one with --server.")
        if not answer.ok:
            raise Refused(explain(answer.status_code, body), answer.status_code)
        if not isinstance(body, dict):
            raise CommandError(f"What answers at {self._server} is no manager; give its address with --server.")
        return body

    def _nobody(self, error: requests.RequestException) -> str:
        return (
            f"Nothing answers at {self._server} ({_reason(error)}).\n"
            "Start the stack (`make up` or `docker compose up`), or give the manager's address with --server or in "
            "WORDCOUNT_SERVER."
        )


def _json(answer: requests.Response) -> object:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


def _is_unsent(error: requests.RequestException) -> bool:
    """Whether there was no connection by which the request could have gone out."""
    # TLS that is refused is refused before the request; what breaks later shows as a closed connection.
    return isinstance(error, _NO_CONNECTION) or isinstance(_inner(error), NewConnectionError)


def _inner(error: requests.RequestException) -> object:
    """What urllib3 gives as the reason, if it gives one."""
    return getattr(error.args[0], "reason", None) if error.args else None


def _reason(error: requests.RequestException) -> str:
    if isinstance(_inner(error), NameResolutionError):
        return "no machine has that name"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "no TLS connection can be made"
    cause = error.__cause__ or error.__context__
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return (cause.strerror if isinstance(cause, OSError) and cause.strerror else "no connection").lower()
