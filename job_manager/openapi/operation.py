"""What a route takes and answers, said once: by `@operation` on its function, whose docstring describes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from types import UnionType
from typing import Any, TypeVar, get_args

from flask import Flask, request
from pydantic import BaseModel

from job_core.errors import CoreError
from job_core.kinds import Kind
from job_manager.requests import Query, read_query

Body = type[BaseModel] | UnionType | str | None  # a model, one of several, a media type, or nothing
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class operation:  # noqa: N801 - a decorator
    """What the decorated route answers, by status, and by which errors it may refuse.

    Errors that follow from the method, and from what the route takes, need not be named.
    """

    answers: Mapping[int, Body]
    errors: tuple[type[CoreError], ...] = ()
    query: type[Query] | None = None
    takes: Kind | None = None  # the kind whose submissions are its body
    repeatable: bool = False  # whether it honours an Idempotency-Key
    as_text: tuple[str, ...] = ()  # media types in which a success may be asked for instead
    is_open: bool = False  # whether it needs no API key where others do

    def __call__(self, view: View) -> View:
        """Let `view` be known by this."""
        vars(view)["operation"] = self
        return view


def operation_of(view: Callable[..., Any] | None) -> operation | None:
    """The operation of `view`; None for a page of the website, and where there is no route."""
    found: operation | None = getattr(view, "operation", None)
    return found


def refuse_unknown_parameters(app: Flask) -> None:
    """Let no operation without a query of its own take one, but for open ones, to which machines add parameters."""

    @app.before_request
    def check() -> None:
        said = operation_of(app.view_functions.get(request.endpoint or ""))
        if said and said.query is None and not said.is_open:
            read_query(Query, request.args)


def summary_and_description(view: Callable[..., Any]) -> tuple[str, str]:
    """The two parts of a docstring."""
    summary, _, description = cleandoc(view.__doc__ or "").partition("\n\n")
    return summary, description.replace("\n", " ")


def models_of(body: Body) -> tuple[type[BaseModel], ...]:
    """The models of which `body` is one."""
    if isinstance(body, UnionType):
        return get_args(body)
    return (body,) if isinstance(body, type) else ()
