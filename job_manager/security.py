"""Who may ask, from where, and the headers of every answer."""

from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.datastructures import Headers

from job_manager.errors import CrossSiteRequest, Unauthenticated
from job_manager.openapi.operation import operation_of
from job_tasks.api_keys import ApiKey, owner_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = frozenset({"same-origin", "none"})  # none: the person did it, by the address bar or a bookmark
EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Nothing but the page's own style, script and requests: no script in the markup runs, whatever text gets into it.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def require_api_keys(app: Flask, known: tuple[ApiKey, ...]) -> None:
    """Let only requests with one of the `known` keys pass, apart from those for open routes. Without keys, all pass."""

    @app.before_request
    def check() -> None:
        said = operation_of(app.view_functions.get(request.endpoint or ""))
        g.owner = _owner(known) if known and not (said and said.is_open) else None


def owner() -> str | None:
    """Whose the jobs of this request are; None where there are no keys."""
    found: str | None = g.owner
    return found


def _owner(known: tuple[ApiKey, ...]) -> str:
    key = _key()
    if not key:
        raise Unauthenticated(
            "Send your API key in the header `Authorization: Bearer KEY`; in a browser, as the password."
        )
    found = owner_of(key, known)
    if found is None:
        raise Unauthenticated("The API key is not known here.")
    return found


def _key() -> str:
    """The key as programs send it, or as a browser does: the password beside whatever user name."""
    sent = request.authorization
    if sent is not None and sent.type == "basic":
        return sent.password or ""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def reject_cross_site(app: Flask) -> None:
    """Let `app` refuse whatever changes something and comes from another site's page, forms of the API among it."""
    app.before_request(_refuse)


def _refuse() -> None:
    if request.method not in SAFE_METHODS and not is_own(request.headers, request.host):
        raise CrossSiteRequest("Send it from this service's own page, or from a program that is no browser.")


def is_own(headers: Headers, host: str) -> bool:
    """Whether a request to `host` comes from the service's own page, or from no page at all."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in OWN
    origin = headers.get("Origin")
    return origin is None or _host_of(origin) == host


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no URL, so nobody's
        return None


def add_security_headers(app: Flask) -> None:
    """Let every answer of `app` carry these headers. A route that sets one of them by itself has its own."""
    app.after_request(_add)


def _add(answer: Response) -> Response:
    for name, value in EVERY_ANSWER.items():
        answer.headers.setdefault(name, value)
    return answer


def harden(answer: Response) -> Response:
    """The answer with its headers."""
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    # Other sites do not learn the job's address. Not `no-referrer`: with it browsers send `Origin: null` from forms.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
