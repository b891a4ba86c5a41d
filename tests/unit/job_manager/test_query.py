from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from job_core.job import State
from job_core.store.read import JobFilter
from job_manager.errors import InvalidRequest
from job_manager.requests import DEFAULT_LIMIT, MAX_LIMIT, MAX_WAIT_SECONDS, read_filter, read_wait
from job_tasks.job_tasks import core


def query(**values: object) -> MultiDict[str, str]:
    return MultiDict({name: str(value) for name, value in values.items()})


def test_nothing_asked_is_everything() -> None:
    assert read_filter(query()) == (JobFilter(), DEFAULT_LIMIT)
    assert read_wait(query()) == 0


@given(
    state=st.sampled_from(State),
    kind=st.sampled_from(sorted(core.offered)),
    url=st.text().filter(lambda text: "\0" not in text),
    before=st.uuids(),
    limit=st.integers(1, MAX_LIMIT),
)
def test_what_is_asked_is_what_is_read(state: State, kind: str, url: str, before: UUID, limit: int) -> None:
    asked = query(status=state, kind=kind, url=url, cursor=before, limit=limit)
    assert read_filter(asked) == (JobFilter(state=state, kind=kind, label=url, before=before), limit)


@given(st.integers() | st.text())
def test_a_limit_is_within_its_bounds_or_refused(limit: int | str) -> None:
    try:
        _, read = read_filter(query(limit=limit))
    except InvalidRequest as error:
        assert [field for field, _ in error.errors] == ["limit"]
        return
    assert 1 <= read <= MAX_LIMIT
    assert read == int(limit)


@given(st.floats() | st.integers() | st.text())
def test_a_wait_is_within_its_bounds_or_refused(wait: float | str) -> None:
    try:
        read = read_wait(query(wait=wait))
    except InvalidRequest as error:
        assert [field for field, _ in error.errors] == ["wait"]
        return
    assert 0 <= read <= MAX_WAIT_SECONDS
    assert read == float(wait)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), min_size=1, max_size=4))
def test_a_name_that_is_not_known_is_refused(values: dict[str, str]) -> None:
    known = {"id", "status", "kind", "url", "parent", "limit", "cursor"}
    if values.keys() - known:
        with pytest.raises(InvalidRequest) as raised:
            read_filter(MultiDict(values))
        assert raised.value.errors[0][0] in {*values, "id[0]"}


def test_a_name_that_comes_twice_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="url: is given more than once"):
        read_filter(MultiDict([("url", "a"), ("url", "b")]))
