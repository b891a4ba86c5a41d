import inspect
import pickle
import re
from types import ModuleType
from typing import Any

import pytest
from billiard.reduction import ForkingPickler
from celery.utils.serialization import get_pickleable_exception

import job_core.errors
import job_manager.errors
import page_fetch.errors
import page_read.errors
from job_core.errors import CoreError, PermanentError, TransientError
from job_manager.errors import InvalidRequest
from page_fetch.errors import FetchTimedOut, TransientFetchError

MODULES = (job_core.errors, job_manager.errors, page_fetch.errors, page_read.errors)
LINE = re.compile(r"^    (?P<branches>[│├└─ ]*)(?P<name>[A-Z]\w+)")


def classes_of(module: ModuleType) -> list[type[Exception]]:
    found = [each for _, each in inspect.getmembers(module, inspect.isclass)]
    return [each for each in found if each.__module__ == module.__name__]


def drawn_tree(module: ModuleType) -> set[tuple[str, str]]:
    """Each class of the drawing with the one it hangs from; roots are left out."""
    pairs: set[tuple[str, str]] = set()
    path: list[str] = []
    for line in (module.__doc__ or "").splitlines():
        if found := LINE.match(line):
            path = [*path[: len(found["branches"]) // 4], found["name"]]
            if len(path) > 1:
                pairs.add((path[-2], path[-1]))
    return pairs


def made(kind: type[Exception]) -> Any:
    if issubclass(kind, InvalidRequest):
        return kind(("url", "is missing"), ("top", "is too small"))
    if issubclass(kind, TransientFetchError):
        return kind("It did not work; try again later.", 12.5, "example.com")
    return kind("It did not work; try again later.")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_drawing_shows_the_classes_as_they_are(module: ModuleType) -> None:
    real = {(each.__mro__[1].__name__, each.__name__) for each in classes_of(module)}
    assert drawn_tree(module) == {(base, name) for base, name in real if base != "Exception"}


@pytest.mark.parametrize(
    "kind", [each for module in MODULES for each in classes_of(module)], ids=lambda kind: kind.__name__
)
def test_every_class_comes_whole_out_of_a_child_process_and_names_itself(kind: type[Exception]) -> None:
    error = made(kind)
    copy = pickle.loads(bytes(ForkingPickler.dumps(error)))
    assert (type(copy), str(copy), vars(copy)) == (kind, str(error), vars(error))
    assert get_pickleable_exception(error) is error
    assert "title" in vars(kind)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.type)
    assert error.type.replace("-", "") == kind.__name__.lower()


def test_an_error_may_have_a_type_and_a_title_of_its_own() -> None:
    error = TransientError("Too slow.", type="fetch-timed-out", title="The site took too long", retry_after=3)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.type, copy.title, copy.retryable, copy.retry_after) == (
        "fetch-timed-out",
        "The site took too long",
        True,
        3,
    )


def test_only_transient_errors_are_retryable() -> None:
    assert TransientError("later").retryable
    assert not PermanentError("never").retryable
    assert not CoreError("who knows").retryable


def test_a_type_is_the_name_in_kebab_case() -> None:
    assert FetchTimedOut("too long").type == "fetch-timed-out"


def test_an_invalid_request_names_each_field_in_its_text() -> None:
    assert str(InvalidRequest(("url", "is missing"), ("top", "is too small"))) == "url: is missing; top: is too small"
