"""What an answer that is no success means to the person who asked."""

from collections.abc import Mapping
from http import HTTPStatus
from http.client import responses

from wordcount.text import visible

_ADVICE: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Give your API key with --key or in WORDCOUNT_KEY.",
}


def explain(status: int, body: object) -> str:
    """One or two lines: the problem's title and detail (RFC 9457) if `body` is one, and what to do if that is known."""
    said = _said(status, body)
    advice = _ADVICE.get(status)
    return f"{said}\n{advice}" if advice else said


def _said(status: int, body: object) -> str:
    if isinstance(body, Mapping):
        parts = [str(body[name]).rstrip(".") for name in ("title", "detail") if body.get(name)]
        if parts:
            return visible(": ".join(parts)) + "."
    return f"The server answered {status} {responses.get(status, '')}".rstrip() + "."
