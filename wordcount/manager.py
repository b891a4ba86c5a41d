"""The manager, asked over HTTP, and asked again while it is away."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from http.client import responses
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from urllib3 import Retry
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, NewConnectionError, ProxyError, SSLError

from wordcount.errors import CommandError, ManagerUnavailable, RequestRefused
from wordcount.job import JsonObject
from wordcount.output import visible

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
RETRY_SECONDS = 60.0
MIN_STEP_SECONDS, MAX_STEP_SECONDS = 0.5, 5.0
PIECE_BYTES = 65_536

Read = TypeVar("Read")

# The manager, or a proxy before it, cannot answer now. Every request here may be sent twice: submissions carry an
# Idempotency-Key.
RETRYABLE = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
UNCONNECTED = (
    ConnectTimeoutError,
    NewConnectionError,
    ProxyError,
    SSLError,  # a refused TLS handshake; what breaks later shows as a closed connection
    requests.exceptions.InvalidURL,
)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Manager:
    """The manager at `server`. `say` gets a message when a request has to be repeated."""

    def __init__(self, server: str, key: str | None, say: Callable[[str], None]) -> None:
        self.server = server.rstrip("/")
        self._say = say
        self._was_reached = False
        self._session = requests.Session()
        self._session.auth = _bearer(key) if key else None
        # A proxy from the environment does not reach this machine.
        self._session.trust_env = urlsplit(server).hostname not in LOOPBACK

    def every(self, path: str, name: str) -> Iterator[JsonObject]:
        """Every entry of the list `name`, from all its pages. Raises like `ask`."""
        following: str | None = path
        while following:
            answer = self.ask("GET", following)
            yield from answer[name]
            following = answer.get("next")

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | Sequence[str]] | None = None,
        body: JsonObject | None = None,
        idempotency_key: str | None = None,
    ) -> JsonObject:
        """The JSON of the answer. Once the manager was reached, repeats the request for a minute while it is away.

        By hand, since urllib3's Retry counts tries instead of time: it would wait minutes for a hung manager.
        Raises ManagerUnavailable, RequestRefused, or CommandError if nothing answers, or something else than a manager.
        """
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        request = partial(self._session.request, method, self.server + path, params=query, json=body, headers=headers)
        return self._repeated(request, self._json_of)

    def read(self, path: str, *, query: Mapping[str, str]) -> Iterator[bytes]:
        """The body of an answer of any length, piece by piece.

        Begins and raises like `ask`. Raises ManagerUnavailable if it breaks off: what has begun is not repeated.
        """
        request = partial(self._session.request, "GET", self.server + path, params=query, stream=True)
        answer = self._repeated(request, self._good)
        try:
            yield from answer.iter_content(PIECE_BYTES)
        except requests.RequestException as error:
            raise ManagerUnavailable(f"{self.server} broke off its answer. Try again.") from error

    def _repeated(self, request: Callable[..., requests.Response], read: Callable[[requests.Response], Read]) -> Read:
        send = partial(request, timeout=(CONNECT_SECONDS, ANSWER_SECONDS), allow_redirects=False)
        tries = 0
        while True:
            try:
                return read(self._answer(send))
            except ManagerUnavailable as error:
                if not tries:
                    give_up_at = time.monotonic() + RETRY_SECONDS
                pause = _pause(tries, error.retry_after)
                if time.monotonic() + pause > give_up_at:
                    raise ManagerUnavailable(f"{error}; gave up. Try again later.") from error
                if not tries:
                    self._say(f"{error}; trying again for up to {RETRY_SECONDS:.0f} s")
            time.sleep(pause)
            tries += 1

    def _answer(self, send: Callable[[], requests.Response]) -> requests.Response:
        try:
            answer = send()
        except requests.RequestException as error:
            if not self._was_reached and _is_unconnected(error):
                raise CommandError(
                    f"Nothing answers at {self.server} ({_reason(error)}).\nStart the stack (`make up` or `docker "
                    "compose up`), or pass the manager's address with --server or in WORDCOUNT_SERVER."
                ) from error
            raise ManagerUnavailable(f"{self.server} does not answer") from error
        self._was_reached = True
        return answer

    def _good(self, answer: requests.Response) -> requests.Response:
        """The answer, if it is what was asked for."""
        if answer.status_code in RETRYABLE:
            raise ManagerUnavailable(_explain(answer).rstrip("."), _retry_after(answer))
        if answer.is_redirect:
            raise CommandError(f"{self.server} redirects to another address; pass that one with --server.")
        if not answer.ok:
            raise RequestRefused(_explain(answer), answer.status_code)
        return answer

    def _json_of(self, answer: requests.Response) -> JsonObject:
        body = _json(self._good(answer))
        if not isinstance(body, dict):
            raise CommandError(f"The server at {self.server} is not a manager; pass its address with --server.")
        return body


def _bearer(key: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Sends the key (RFC 6750). A plain header would give way to an entry in ~/.netrc."""

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {key}"
        return request

    return authorize


def _pause(tries: int, retry_after: float | None) -> float:
    """Seconds before the next try: as long as the manager asked, or in growing steps with jitter."""
    if retry_after is not None:
        return max(retry_after, MIN_STEP_SECONDS)
    return min(MAX_STEP_SECONDS, MIN_STEP_SECONDS * 2.0**tries) * random.uniform(0.5, 1)  # noqa: S311 - no secret


def _retry_after(answer: requests.Response) -> float | None:
    try:
        return Retry().parse_retry_after(answer.headers.get("Retry-After", ""))
    except (InvalidHeader, OverflowError, ValueError):
        return None


def _json(answer: requests.Response) -> object:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


def _server(answer: requests.Response) -> str:
    parts = urlsplit(answer.url)
    return f"{parts.scheme}://{parts.netloc}"


def _explain(answer: requests.Response) -> str:
    """The title and detail of the problem (RFC 9457) that was answered, or else the status; and advice about keys."""
    status, body = answer.status_code, _json(answer)
    problem = body if isinstance(body, dict) else {}
    parts = [str(problem[name]).rstrip(".") for name in ("title", "detail") if problem.get(name)]
    said = visible(": ".join(parts)) or f"{_server(answer)} answered {status} {responses.get(status, '')}".rstrip()
    advice = "\nPass your API key with --key or in WORDCOUNT_KEY." if status == HTTPStatus.UNAUTHORIZED else ""
    return f"{said}.{advice}"


def _is_unconnected(error: requests.RequestException) -> bool:
    """Whether there was no connection over which the request could have been sent."""
    return any(isinstance(cause, UNCONNECTED) for cause in _causes(error))


def _reason(error: requests.RequestException) -> str:
    """The system's own words, such as `Connection refused`."""
    (*_, root) = _causes(error)
    return str(getattr(root, "strerror", None) or root).rstrip(".")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
