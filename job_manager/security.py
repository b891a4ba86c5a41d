"""Who may send requests, and from where; and the security headers of every answer."""

from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.datastructures import Headers

from job_manager.errors import CrossSiteRequest, Unauthenticated
from job_manager.openapi.operation import operation_of
from job_tasks.api_keys import ApiKey, owner_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN = frozenset({"web.static", "web.choose_theme"})  # what an open page is dressed in
OWN = frozenset({"same-origin", "none"})  # none: the person did it, by the address bar or a bookmark
EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# The page's own style, script and requests only: a script in the markup never runs, whatever text gets into it.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def require_api_keys(app: Flask, known: tuple[ApiKey, ...]) -> None:
    """Let only requests with one of the `known` keys pass, apart from those for open routes. Without keys, all pass."""

    @app.before_request
    def check() -> None:
        said = operation_of(app.view_functions.get(request.endpoint or ""))
        is_open = (said is not None and said.is_open) or request.endpoint in OPEN
        g.owner = _owner(known) if known and not is_open else None


def owner() -> str | None:
    """The owner of this request's jobs; None where there are no keys."""
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
        raise Unauthenticated("The API key is unknown.")
    return found


def _key() -> str:
    """The key as programs send it, or as a browser does: as the password, with any user name."""
    sent = request.authorization
    if sent is not None and sent.type == "basic":
        return sent.password or ""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def reject_cross_site(app: Flask) -> None:
    """Let `app` reject cross-site requests (CSRF) that change something, by the page's forms or by the API.

    Browsers say where a request comes from by `Sec-Fetch-Site` (W3C Fetch Metadata), or, on plain HTTP to another
    machine, by `Origin`. Other programs send neither, and act for themselves. So no token is needed.
    """
    app.before_request(_refuse)


def _refuse() -> None:
    if request.method not in SAFE_METHODS and not is_own(request.headers, request.host):
        raise CrossSiteRequest("Send it from this service's own page, or from a program other than a browser.")


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
    except ValueError:  # not a URL, so nobody's
        return None


def add_security_headers(app: Flask) -> None:
    """Let every answer of `app` carry these headers, unless its route has set one by itself."""
    app.after_request(_add)


def _add(answer: Response) -> Response:
    present = {name.lower() for name, _ in answer.headers}
    for name, value in EVERY_ANSWER.items():
        if name.lower() not in present:
            answer.headers.add(name, value)
    return answer


def harden(answer: Response) -> Response:
    """Set the headers of the page, which runs a script and sends forms."""
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    # Other sites do not learn the job's address. With `no-referrer`, browsers would send `Origin: null` with forms.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
