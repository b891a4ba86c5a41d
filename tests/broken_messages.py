"""What is no message of ours, though somebody put it into a queue: named cases, and what Hypothesis makes of one."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from hypothesis import strategies as st

DEEP = 10_000
HUGE = 5_000_000

Envelope = dict[str, Any]
Path = tuple[str | int, ...]


def _without(*path: str) -> Callable[[Envelope], Envelope]:
    def change(envelope: Envelope) -> Envelope:
        del _parent(envelope, path)[path[-1]]
        return envelope

    return change


def _with(*path: str, value: object) -> Callable[[Envelope], Envelope]:
    def change(envelope: Envelope) -> Envelope:
        _parent(envelope, path)[path[-1]] = value
        return envelope

    return change


def _parent(envelope: Any, path: Path) -> Any:
    for key in path[:-1]:
        envelope = envelope[key]
    return envelope


def _body(value: object) -> Callable[[Envelope], Envelope]:
    return _with("body", value=base64.b64encode(json.dumps(value).encode()).decode())


_HEADERS: Mapping[str, object] = {
    "id": 5,
    "task": ["job_tasks.count"],
    "retries": "x",
    "eta": "x",
    "expires": {},
    "group": 5,
    "timelimit": ["x", "y"],
    "stamps": 5,
    "stamped_headers": {"x": 5},
    "origin": None,
    "argsrepr": "x" * 401,
    "compression": "x",
    "reject_on_worker_lost": "x",
    "published_at": 5,
    "lang": None,
}
_PROPERTIES: Mapping[str, object] = {
    "priority": "x",
    "delivery_tag": {},
    "delivery_info": 5,
    "reply_to": {},
    "correlation_id": [],
    "body_encoding": "rot13",
    "delivery_mode": None,
}
_CHANGES: Mapping[str, Callable[[Envelope], Envelope]] = {
    "a body that is not base64": _with("body", value="@@@@"),
    "no body": _without("body"),
    "a body that is null": _with("body", value=None),
    "a body of null": _body(None),
    "a body of a number": _body(5),
    "a body of other arguments": _body([[5], {}, {}]),
    "a body of another job": _body([["01a20c9c-c451-726f-a7db-dc9eca01d34e"], {}, {}]),
    "a body with a callback": _body([[], {}, {"callbacks": [5], "errbacks": None, "chain": None, "chord": None}]),
    "no headers": _without("headers"),
    "headers that are a list": _with("headers", value=[]),
    "no properties": _without("properties"),
    "properties that are null": _with("properties", value=None),
    "another content type": _with("content-type", value="application/x-python-serialize"),
    "a content type that is a number": _with("content-type", value=5),
    "another encoding": _with("content-encoding", value="utf-99"),
    "an encoding that is a list": _with("content-encoding", value=[]),
    "a task of another app": _with("headers", "task", value="celery.chord_unlock"),
    "a name that cannot be encoded": _with("headers", "id", value="\ud800"),
    "one key too many": _with("headers", "x", value=5),
    **{f"header {name} is {value!r}": _with("headers", name, value=value) for name, value in _HEADERS.items()},
    **{f"property {name} is {value!r}": _with("properties", name, value=value) for name, value in _PROPERTIES.items()},
    **{f"no header {name}": _without("headers", name) for name in ("id", "task")},
    **{f"no property {name}": _without("properties", name) for name in ("delivery_tag", "delivery_info")},
}


def _changed(change: Callable[[Envelope], Envelope], envelope: bytes) -> bytes:
    return json.dumps(change(json.loads(envelope))).encode()


BROKEN: Mapping[str, Callable[[bytes], bytes]] = {
    **{name: partial(_changed, change) for name, change in _CHANGES.items()},
    "nothing": lambda _: b"",
    "not JSON": lambda _: b"garbage{",
    "binary": lambda _: bytes(range(256)),
    "not a number": lambda envelope: envelope.replace(b'"retries": 0', b'"retries": NaN'),
    "half a message": lambda envelope: envelope[: len(envelope) // 2],
    "two messages": lambda envelope: 2 * envelope,
    "deep": lambda _: b"[" * DEEP + b"]" * DEEP,
    "a deep header": lambda envelope: envelope.replace(b'"stamps": {}', b'"stamps": ' + b"[" * DEEP + b"]" * DEEP),
    "huge": lambda _: b"A" * HUGE,
    "a huge header": lambda envelope: envelope.replace(b'"lang": "py"', b'"lang": "' + b"p" * HUGE + b'"'),
    "a huge number": lambda envelope: envelope.replace(b'"retries": 0', b'"retries": ' + b"1" * HUGE),
    **{f"JSON {value}": partial(lambda _, value: value.encode(), value=value) for value in ("[]", "{}", "null", '"x"')},
    **{f"JSON {value}": partial(lambda _, value: value.encode(), value=value) for value in ("5", "true", "NaN")},
}

_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def _paths(value: object, path: Path = ()) -> Iterator[Path]:
    """The way to each value in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


@st.composite
def _one_value_changed(draw: st.DrawFn, envelope: bytes) -> bytes:
    changed = json.loads(envelope)
    path = draw(st.sampled_from(list(_paths(changed))))
    if draw(st.booleans()):
        _parent(changed, path)[path[-1]] = draw(_ANY_JSON)
    else:
        del _parent(changed, path)[path[-1]]
    return json.dumps(changed).encode()


@st.composite
def _some_bytes_changed(draw: st.DrawFn, envelope: bytes) -> bytes:
    start = draw(st.integers(0, len(envelope)))
    end = draw(st.integers(start, min(start + 20, len(envelope))))
    return envelope[:start] + draw(st.binary(max_size=20)) + envelope[end:]


def mutations(envelope: bytes) -> st.SearchStrategy[bytes]:
    """A message with a value or some bytes changed, or anything else."""
    return (
        _one_value_changed(envelope)
        | _some_bytes_changed(envelope)
        | st.binary()
        | _ANY_JSON.map(lambda value: json.dumps(value).encode())
    )
