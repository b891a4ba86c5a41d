"""Who asks, by the API key that comes with the request (RFC 6750, RFC 7617), where the manager has keys at all."""

from flask import Flask, g, request

from job_manager.errors import Unauthenticated
from job_manager.interface import operations
from job_tasks.api_keys import ApiKey, owner_of


def ask_for_keys(app: Flask, known: tuple[ApiKey, ...]) -> None:
    """Let only requests with one of the `known` keys pass, save those to open paths. Without keys, all pass."""
    open_paths = {operation.path for operation in operations() if operation.is_open}

    @app.before_request
    def check() -> None:
        g.owner = None
        if known and request.path.rstrip("/") not in open_paths:
            g.owner = _owner(known)


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
