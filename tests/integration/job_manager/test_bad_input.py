import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.integration.job_store import Store

URL = "https://example.com/"
DEEP = 100_000
KIB = 1_024


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A submission, and the answer to it: the status, and the fields that it names."""

    name: str
    body: bytes | str = b""
    content_type: str | None = "application/json"
    status: int = 422
    fields: tuple[str, ...] = field(default=())


def of_json(name: str, fields: object, *wrong: str, status: int = 422) -> Bad:
    return Bad(name=f"{name} in JSON", body=json.dumps(fields), status=status, fields=wrong)


def of_form(name: str, body: str, *wrong: str, status: int = 422) -> Bad:
    form = "application/x-www-form-urlencoded"
    return Bad(name=f"{name} in a form", body=body, content_type=form, status=status, fields=wrong)


def padded(text: str, size: int) -> str:
    return text + " " * (size - len(text))


ONE = json.dumps({"url": URL})
FORM = "application/x-www-form-urlencoded"

UNREADABLE: dict[str, bytes | str] = {
    "empty": "",
    "no JSON": "{",
    "two values": "{} {}",
    "a list": "[]",
    "a text": '"x"',
    "null": "null",
    "a number": "5",
    "NaN": '{"url": NaN}',
    "Infinity": '{"url": Infinity}',
    "single-quoted": "{'url': 'x'}",
    "not UTF-8": b'{"url": "https://example.com/\xff"}',
    "UTF-8 cut short": b'{"url": "\xc3"}',
    "NUL": b"\0",
    "a bare control character": b'{"url": "a\nb"}',
    "a number of 5,000 digits": '{"url": "x", "top": ' + "1" * 5_000 + "}",
    "a deep list": "[" * 30_000,
    "a deep list that ends": "[" * 30_000 + "]" * 30_000,
    "a deep object": '{"x":' * 10_000 + "1" + "}" * 10_000,
}

TABLE = [
    of_json("no url", {}, "url"),
    of_form("no url", "top=3", "url"),
    of_json("an unknown field", {"url": URL, "colour": "red"}, "colour"),
    of_form("an unknown field", f"url={URL}&colour=red", "colour"),
    of_json("a callback under another name", {"url": URL, "callback": URL}, "callback"),
    of_json("a bad callback of many", {"urls": [URL, URL], "callback_url": "example.org"}, "callback_url"),
    of_json("two wrong fields", {"url": 1, "top": -1}, "url", "top"),
    *(
        of_json(f"{name}: {str(value)[:40]}", {"url": URL, name: value}, name)
        for name, values in {
            "url": (
                None,
                5,
                "",
                " ",
                ["x"],
                {"x": 1},
                "example.com",
                "//example.com",
                "ftp://example.com",
                "javascript:alert(1)",
                "file:///etc/passwd",
                "data:text/plain,x",
                "http://",
                "https:///",
                "http://:80/",
                "http://exa mple.com/",
                "http://example.com:99999/",
                "http://[::1",
                "http://256.256.256.256/",
                URL + "x" * (2_049 - len(URL)),
                "https://example.com/\0",
                "https://example.com/\ud800",
            ),
            "callback_url": (
                5,
                "",
                "example.org",
                "ftp://example.org",
                "javascript:alert(1)",
                "https:///",
                URL + "x" * (2_049 - len(URL)),
                "https://example.org/\0",
                "https://example.org/\ud800",
                "http://localhost/",
                "http://127.0.0.1/",
                "http://2130706433/",
                "http://[::1]/",
                "http://[::ffff:10.0.0.1]/",
                "http://169.254.169.254/latest/meta-data/",
                "http://job_broker:6379/",
                "http://job_db/",
                "https://printer.local/",
                "https://example.org:6379/",
            ),
            "top": ("5", 5.0, 5.5, -1, 1_001, True, None, [], 10**400, 1e308),
            "word": (5, "", "x" * 101, [], "\0", "\ud800", " ", "3.14", "\U0001f600"),
            "tokenizer": ("ngrams", "", 1, None),
            "max_attempts": (0, 101, "3", True, 2**63, -(10**300)),
            "on_failure": ("explode", "", None, 1, "RETRY"),
        }.items()
        for value in values
    ),
    of_form("a top that is no number", f"url={URL}&top=many", "top"),
    of_form("an empty top", f"url={URL}&top=", "top"),
    of_form("a top of many digits", f"url={URL}&top={'9' * 5_000}", "top"),
    of_form("a field twice", f"url={URL}&url={URL}", "url"),
    of_form("a NUL", f"url={URL}&word=%00", "word"),
    of_form("a url that is not UTF-8", "url=%FF%FE", "url"),
    of_form("nothing", "", "url"),
    of_form("JSON sent as a form", '{"url": "https://example.com"}', status=400),
    Bad(
        name="a file",
        body='--b\r\nContent-Disposition: form-data; name="url"; filename="x"\r\n\r\nhttps://example.com\r\n--b--\r\n',
        content_type="multipart/form-data; boundary=b",
        fields=("url",),
    ),
    Bad(name="a multipart form without a boundary", body="x", content_type="multipart/form-data", fields=("url",)),
    of_json("url and urls", {"url": URL, "urls": [URL]}, "urls"),
    of_json("no urls", {"urls": []}, "urls"),
    of_json("urls that are no list", {"urls": URL}, "urls"),
    of_json("urls null", {"urls": None}, "urls"),
    of_json("too many urls", {"urls": [URL] * 1_001}, "urls"),
    of_form("too many urls", "&".join([f"urls={URL}"] * 1_001), "urls"),
    of_json("a wrong one among urls", {"urls": [URL, 5]}, "urls[1]"),
    of_json("an unknown field beside urls", {"urls": [URL], "colour": "red"}, "colour"),
    *(Bad(name=f"a body that is {name}", body=body, status=400) for name, body in UNREADABLE.items()),
    Bad(name="a name twice", body=f'{{"url": "{URL}", "top": 3, "url": "{URL}"}}', fields=("url",)),
    Bad(name="a name twice below", body=f'{{"url": {{"a": 1, "a": 2}}, "urls": "{URL}"}}', fields=("a",)),
    Bad(name="a lone surrogate as a name", body='{"url": "https://example.com", "\\ud800": 1}', fields=("body",)),
    Bad(name="a NUL as a name", body='{"url": "https://example.com", "\\u0000": 1}', fields=("\0",)),
    *(
        Bad(name=f"content type {content_type}", body=ONE, content_type=content_type, status=415)
        for content_type in (None, "", "text/plain", "application/xml", "nonsense", "application/octet-stream")
    ),
    Bad(name="one byte too many", body=padded(ONE, 64 * KIB + 1), status=413),
    Bad(
        name="one byte too many in a form",
        body=f"url={URL}&word=".ljust(64 * KIB + 1, "x"),
        content_type=FORM,
        status=413,
    ),
    Bad(name="a batch of one byte too many", body=padded(json.dumps({"urls": [URL]}), KIB * KIB + 1), status=413),
    Bad(
        name="a batch of one byte too many in a form",
        body=f"urls={URL}&word=".ljust(KIB * KIB + 1, "x"),
        content_type=FORM,
        status=413,
    ),
    # Each of a thousand jobs keeps the word, with twelve characters around it.
    of_json("a word too long, of a length that a batch may have", {"urls": [URL] * 1_000, "word": "x" * 4_182}, "word"),
    Bad(
        name="one byte too many, times the URLs of a batch",
        body=json.dumps({"urls": [URL] * 1_000, "word": "x" * 4_183}),
        status=413,
    ),
]


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_a_bad_submission_is_answered_by_a_problem_that_names_the_field(
    client: FlaskClient, store: Store, bad: Bad
) -> None:
    answer = client.post("/count", data=bad.body, content_type=bad.content_type)
    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["status"]) == (bad.status, bad.status)
    assert problem["title"]
    assert problem["detail"]
    assert isinstance(problem["type"], str)
    assert tuple(error["field"] for error in problem.get("errors", [])) == bad.fields
    assert all(error["detail"] for error in problem.get("errors", []))
    assert store.count() == 0


@pytest.mark.parametrize(
    "good",
    [
        padded(ONE, 64 * KIB),
        padded(json.dumps({"urls": [URL]}), KIB * KIB),
        json.dumps({"url": URL + "x" * (2_048 - len(URL))}),
        "\ufeff" + ONE,
        json.dumps({"url": URL, "word": "x" * 100, "top": 1_000, "max_attempts": 100}),
    ],
    ids=["64 KiB", "1 MiB of urls", "a URL of 2,048 characters", "a byte-order mark", "the largest values"],
)
def test_what_is_just_within_the_limits_is_accepted(client: FlaskClient, good: str) -> None:
    assert client.post("/count", data=good.encode(), content_type="application/json").status_code == 202


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(
    st.sampled_from(["url", "urls", "word", "top", "tokenizer", "max_attempts", "on_failure"]) | st.text(max_size=8),
    JSON | st.just(URL) | st.lists(st.just(URL), max_size=3),
    max_size=5,
)


@hypothesis_settings(max_examples=examples(60))
@given(FIELDS)
def test_any_object_is_accepted_or_refused_by_its_fields(client: FlaskClient, fields: dict[str, Any]) -> None:
    answer = client.post("/count", json=fields)
    assert answer.status_code in {202, 400, 422}  # 400: NaN and infinity are no JSON
    if answer.status_code == 422:
        assert answer.get_json(force=True)["errors"]


@hypothesis_settings(max_examples=examples(60))
@given(
    st.binary(max_size=60),
    st.sampled_from(["application/json", FORM, "multipart/form-data; boundary=b", "application/json; charset=utf-16"]),
)
def test_any_bytes_are_refused(client: FlaskClient, body: bytes, content_type: str) -> None:
    assert client.post("/count", data=body, content_type=content_type).status_code in {400, 413, 415, 422}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/job", 404),
        ("PUT", "/", 405),
        ("GET", "/nonsense", 404),
        ("POST", "/nonsense", 404),
        ("GET", "/count", 405),
        ("PUT", "/count", 405),
        ("POST", "/jobs", 405),
        ("DELETE", "/jobs", 405),
        ("PATCH", "/result/018f0000-0000-7000-8000-000000000000", 405),
        ("GET", "/result/018f0000-0000-7000-8000-000000000000/retry", 405),
        ("GET", "/result/", 404),
        ("GET", "/result/nonsense", 404),
        ("GET", "/result/%00", 404),
        ("GET", "/result/%FF", 404),
        ("GET", "/result/018f0000-0000-7000-8000-000000000000", 404),
        ("DELETE", "/result/018f0000-0000-7000-8000-000000000000", 404),
        ("DELETE", "/result/nonsense", 404),
        ("POST", "/result/018f0000-0000-7000-8000-000000000000/retry", 404),
    ],
)
def test_what_is_not_there_is_a_problem_too(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert ("Allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/jobs?colour=red", "colour"),
        ("/jobs?status=pending", "status"),
        ("/jobs?status=", "status"),
        ("/jobs?kind=nonsense", "kind"),
        ("/jobs?cursor=nonsense", "cursor"),
        ("/jobs?cursor=", "cursor"),
        ("/jobs?url=%00", "url"),
        ("/jobs?status=PENDING&status=RETRY", "status"),
        *((f"/jobs?limit={limit}", "limit") for limit in ("0", "-1", "201", "many", "", "1.5", "%D9%A3", "1e2", "+5")),
        ("/jobs?limit=0001000", "limit"),
        ("/jobs?limit=00010000000", "limit"),
        (f"/jobs?limit=00010{'9' * 5_000}", "limit"),
        *(
            (f"/result/018f0000-0000-7000-8000-000000000000?wait={wait}", "wait")
            for wait in ("-1", "31", "long", "", "nan", "inf", "1e9")
        ),
        ("/result/018f0000-0000-7000-8000-000000000000?colour=red", "colour"),
        ("/jobs?%22%C2%81%F1%86%AF%A1=null", '"\x81\U00046be1'),
    ],
)
def test_a_bad_query_is_answered_by_its_field(client: FlaskClient, path: str, wrong: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.data.isascii()  # so that no client guesses its encoding
    assert [error["field"] for error in answer.get_json(force=True)["errors"]] == [wrong]
