"""Requests that schemathesis makes out of the description, good and bad, to the manager as it is deployed.

`make test-thorough` adds the borders of every field, which take seconds to find; `make fuzz-api` many more examples.
"""

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.examples import examples, is_thorough
from tests.integration.job_manager.conftest import described
from tests.integration.job_store import Store

HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]\.(com|org|example)", fullmatch=True)
PATHS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
URLS = st.builds("{}://{}/{}".format, st.sampled_from(["http", "https"]), HOSTS, PATHS)

schemathesis.openapi.format("web-url", URLS)


# 413 and 414 are refusals, too: more than fits into a body, or a URL.
REFUSED = [400, 401, 404, 405, 413, 414, 415, 422]
PATIENCE_SECONDS = 40  # on a busy machine
CONFIG = {
    "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
    "phases": {"coverage": {"enabled": is_thorough()}},
}
DOCUMENT = described()


@schemathesis.hook
def map_body(_context: schemathesis.HookContext, body: Any) -> Any:
    """5.0 is an integer to JSON schema, and none to the manager; so it is sent as 5."""
    if not isinstance(body, dict):
        return body
    whole = {name: int(value) for name, value in body.items() if isinstance(value, float) and value.is_integer()}
    return body | whole


@pytest.fixture(params=DOCUMENT["paths"])
def one_path(request: pytest.FixtureRequest) -> BaseSchema:
    """The description of one path alone: its requests are made by the one process that sends them."""
    request.node._nodeid = request.node.nodeid  # noqa: SLF001 - schemathesis 4.32 reads it, and pytest 9.2 has it no more
    document = DOCUMENT | {"paths": {request.param: DOCUMENT["paths"][request.param]}}
    return schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(CONFIG))


@schemathesis.pytest.from_fixture("one_path").parametrize()
@settings(max_examples=examples(10), suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(manager_url: str, store: Store, case: schemathesis.Case) -> None:
    store.sql("DELETE FROM idempotency_keys")  # a key that comes with two requests is rightly refused
    answer = case.call(base_url=manager_url, timeout=PATIENCE_SECONDS)
    unknowable = [positive_data_acceptance] if is_beyond_a_schema(answer) else []
    if is_form_that_is_sent_as_something_else(case):
        unknowable.append(negative_data_rejection)
    case.validate_response(answer, excluded_checks=unknowable)
    assert "Traceback" not in answer.text


def is_form_that_is_sent_as_something_else(case: schemathesis.Case) -> bool:
    """Whether a field of a form holds nothing at all, and so is not sent; or its `word` is no text, and sent as one."""
    if "form" not in (case.media_type or "") or not isinstance(case.body, dict):
        return False
    is_sent_as_text = isinstance(case.body.get("word", ""), bool | float | int | None)
    return is_sent_as_text or any(value in ([], {}) for value in case.body.values())


def is_beyond_a_schema(answer: schemathesis.Response) -> bool:
    """Whether nothing is wrong but what no schema can say: URLs, hosts, letters, `id` beside another filter."""
    if answer.status_code != 422:
        return False
    fields = [error["field"] for error in answer.json().get("errors", ())]
    return bool(fields) and all(re.fullmatch(r"url|urls\[\d+\]|callback_url|site|word|id", field) for field in fields)
