"""Headers of every answer, with which a browser takes it for nothing but data, and nobody keeps a copy."""

from flask import Flask, Response

EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def send_safely(app: Flask) -> None:
    """Let every answer of `app` carry these headers. A route that sets one of them by itself has its own."""
    app.after_request(_add)


def _add(answer: Response) -> Response:
    for name, value in EVERY_ANSWER.items():
        answer.headers.setdefault(name, value)
    return answer
