"""No other site's page may act by way of a visitor's browser (CSRF, cross-site request forgery).

Browsers say by `Sec-Fetch-Site` where a request comes from (W3C Fetch Metadata), and where they do not, as on plain
HTTP to another machine, by `Origin`. What is no browser sends neither, and acts for itself. So no token is needed.
"""

from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.datastructures import Headers

from job_manager.errors import CrossSiteRequest

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = frozenset({"same-origin", "none"})  # none: the person did it, by the address bar or a bookmark


def refuse_cross_site(app: Flask) -> None:
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
