"""What a submission's body says, JSON or form, and which jobs it asks for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Request
from gunicorn.http.errors import ParseException
from pydantic import ValidationError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from job_core.job import JsonObject, NewJob, OnFailure
from job_core.kinds import JobRequest, Kind
from job_manager.errors import InvalidRequest, MalformedRequest, RequestTooLarge, UnsupportedBody
from job_manager.wrong_fields import wrong_fields
from page_fetch.url import MAX_ENCODED_LENGTH, parse_url

MAX_BYTES = 64 * 1_024
MAX_BATCH_BYTES = 1_024 * 1_024
MAX_BATCH = 1_000


def read_body(request: Request) -> tuple[JsonObject, bool]:
    """The fields of the body, and whether their values are typed (JSON) or all text (a form).

    Raises MalformedRequest, InvalidRequest, UnsupportedBody, RequestTooLarge.
    """
    try:
        with arriving_body():
            raw = request.get_data()
            # A body in chunks has no length until it is read, and one byte more than is allowed is read of it at most.
            if len(raw) > MAX_BATCH_BYTES:
                raise _too_large()
            fields = _read_fields(request, raw)
    except RequestEntityTooLarge as error:
        raise _too_large() from error
    if len(raw) > MAX_BYTES and "urls" not in fields:
        raise _too_large()
    return fields, request.is_json


@contextmanager
def arriving_body() -> Iterator[None]:
    """Raises MalformedRequest if the body that is read meanwhile does not arrive whole."""
    try:
        yield
    except (ClientDisconnected, ParseException, OSError) as error:  # the latter two are gunicorn's, about chunks
        raise MalformedRequest("The body ends too early, or its chunks are malformed.") from error


def _too_large() -> RequestTooLarge:
    return RequestTooLarge(f"A body may have {MAX_BYTES:,} bytes, or {MAX_BATCH_BYTES:,} with `urls`.")


def _read_fields(request: Request, raw: bytes) -> JsonObject:
    if request.is_json:
        return _read_json(raw)
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return _read_form(request)
    raise UnsupportedBody("Send JSON (Content-Type: application/json) or a form.")


def _read_json(raw: bytes) -> JsonObject:
    try:
        # UTF-8 and nothing else (RFC 8259, section 8.1); bytes, Python would take for UTF-16 if they look like it.
        fields = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not valid JSON.") from error
    if not isinstance(fields, dict):
        raise MalformedRequest("The body must be a JSON object.")
    return fields


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    """Each name once: of two values for one, parsers differ in which they take (RFC 8259, section 4)."""
    fields: JsonObject = {}
    for name, value in pairs:
        if name in fields:
            raise InvalidRequest((name, "is given more than once"))
        fields[name] = value
    return fields


def _read_form(request: Request) -> JsonObject:
    fields: JsonObject = {}
    for name, values in request.form.lists():
        if name.startswith("{"):
            raise MalformedRequest("The body looks like JSON; send it with Content-Type: application/json.")
        if name != "urls" and len(values) > 1:
            raise InvalidRequest((name, "is given more than once"))
        fields[name] = values if name == "urls" else values[0]
    for name in request.files:
        raise InvalidRequest((name, "is a file; no field takes one"))
    return fields


def new_jobs(
    kind: Kind, fields: JsonObject, *, typed: bool, max_crashes: int, owner: str | None = None
) -> list[NewJob]:
    """The jobs that `fields` ask for: one for `url`, or one for each of `urls`. Raises InvalidRequest."""
    requests = [_checked(kind, each, typed, name) for each, name in _each(fields)]
    return [
        NewJob(
            kind=kind.name,
            url=request.url,
            host=parse_url(request.url, max_length=MAX_ENCODED_LENGTH).host_name,
            request=request.model_dump(mode="json"),
            max_attempts=request.max_attempts,
            max_crashes=max_crashes,
            on_failure=OnFailure(request.on_failure),
            owner=owner,
            callback_url=request.callback_url,
        )
        for request in requests
    ]


def _each(fields: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    """The fields of each single request, and the name that its URL has in the body."""
    if "urls" not in fields:
        yield fields, "url"
        return
    shared = dict(fields)
    urls = shared.pop("urls")
    if "url" in shared:
        raise InvalidRequest(("urls", "cannot come together with url"))
    if not isinstance(urls, list) or not 1 <= len(urls) <= MAX_BATCH:
        raise InvalidRequest(("urls", f"must be a list of 1 to {MAX_BATCH:,} URLs"))
    for index, url in enumerate(urls):
        yield shared | {"url": url}, f"urls[{index}]"


def _checked(kind: Kind, fields: JsonObject, typed: bool, url_name: str) -> JobRequest:  # noqa: FBT001 - passed on
    try:
        return kind.request.model_validate(fields, strict=typed)
    except ValidationError as error:
        wrong = ((url_name if field == "url" else field, detail) for field, detail in wrong_fields(error))
        raise InvalidRequest(*wrong) from error
