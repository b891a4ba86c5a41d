import inspect
import pickle
import re
from typing import Any

import pytest
from billiard.reduction import ForkingPickler
from celery.utils.serialization import get_pickleable_exception

from job_core import errors
from job_core.errors import InvalidRequest, PageUnavailable, ServiceError, TryLater

CLASSES = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, ServiceError)]
LINE = re.compile(r"^    (?P<branches>[│├└─ ]*)(?P<name>[A-Z]\w+)")


def drawn_tree() -> set[tuple[str | None, str]]:
    """Each class of the drawing with the one it hangs from."""
    pairs: set[tuple[str | None, str]] = set()
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if (found := LINE.match(line)) and (found["branches"] or found["name"] == "ServiceError"):
            path = [*path[: len(found["branches"]) // 4], found["name"]]
            pairs.add((path[-2] if len(path) > 1 else None, path[-1]))
    return pairs


def made(kind: type[ServiceError]) -> ServiceError:
    arguments: tuple[Any, ...] = ("It did not work; try again later.",)
    if issubclass(kind, InvalidRequest):
        arguments = (("url", "is missing"), ("top", "is too small"))
    elif issubclass(kind, PageUnavailable):
        arguments = (*arguments, 12.5)
    return kind(*arguments)


def test_the_drawing_shows_the_classes_as_they_are() -> None:
    real = {(None if each is ServiceError else each.__mro__[1].__name__, each.__name__) for each in CLASSES}
    assert drawn_tree() == real


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
class TestEveryClass:
    """What users, workers and the manager rely on."""

    def test_comes_whole_out_of_a_child_process(self, kind: type[ServiceError]) -> None:
        error = made(kind)
        copy = pickle.loads(bytes(ForkingPickler.dumps(error)))
        assert (type(copy), str(copy), vars(copy)) == (kind, str(error), vars(error))

    def test_is_not_replaced_by_celery(self, kind: type[ServiceError]) -> None:
        error = made(kind)
        assert get_pickleable_exception(error) is error

    def test_has_a_title_of_its_own_and_says_what_it_is(self, kind: type[ServiceError]) -> None:
        assert "title" in vars(kind)
        assert kind.__doc__

    def test_has_a_type_in_kebab_case(self, kind: type[ServiceError]) -> None:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", made(kind).type)
        assert made(kind).type.replace("-", "") == kind.__name__.lower()

    def test_is_retryable_if_it_hangs_from_try_later(self, kind: type[ServiceError]) -> None:
        assert made(kind).retryable is (TryLater in kind.__mro__)


def test_a_type_is_the_name_in_kebab_case() -> None:
    assert errors.FetchTimedOut("too long").type == "fetch-timed-out"


def test_an_invalid_request_names_each_field_in_its_text() -> None:
    assert str(InvalidRequest(("url", "is missing"), ("top", "is too small"))) == "url: is missing; top: is too small"
