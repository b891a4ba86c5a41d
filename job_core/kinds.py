"""The kinds of jobs. A kind is a function: its name, the request it takes, and the work it does."""

import builtins
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from inspect import signature
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)
from typing_extensions import is_typeddict

from job_core.config import CoreConfig, RetryPolicy
from job_core.errors import InvalidChildRequest
from job_core.job import JsonObject, NewJob, OnFailure, State

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from job_core.store.database import Database

NO_NUL = r"^[^\u0000]*$"
URL_FORMAT = "web-url"  # what the WHATWG URL standard takes; more than `uri`, and no other scheme than http and https

# Keys of the context of a validation.
IS_KEPT = "is_kept"  # true for the request of a job that was accepted
READ_CALLBACK_URL = "read_callback_url"  # a function that returns the URL to keep, or raises ValueError

MAX_PLAIN = 3  # values of a result in a line

KNOWN = {
    "extra_forbidden": "is unknown",
    "missing": "is missing",
    "string_pattern_mismatch": "is not written as its description asks for",
}


def _read_callback_url(text: str, info: ValidationInfo) -> str:
    read: Callable[[str], str] | None = (info.context or {}).get(READ_CALLBACK_URL)
    if read is None:
        raise ValueError("is not offered here")
    return read(text)


def _describe(schema: dict[str, Any]) -> None:
    """The fields of a kind come before those that every kind has, and no text takes a NUL."""
    fields = sorted(schema["properties"].items(), key=lambda field: field[0] in JobOptions.model_fields)
    schema["properties"] = dict(fields)
    for _, described in fields:
        for each in (described, *described.get("anyOf", ())):
            if each.get("type") == "string" and "enum" not in each:
                each["pattern"] = NO_NUL


CallbackUrl = Annotated[
    str,
    Field(min_length=1, max_length=2_048, json_schema_extra={"format": URL_FORMAT}),
    AfterValidator(_read_callback_url),
]


class JobOptions(BaseModel):
    """What every submission may say, whatever its kind."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False, json_schema_extra=_describe
    )

    max_attempts: int = Field(default=5, ge=1, le=100, description="attempts that may end in a transient error")
    on_failure: Literal["retry", "discard"] = Field(
        default="retry", description="what a transient error does: try again later, or end the job at once"
    )
    callback_url: CallbackUrl | None = Field(
        default=None,
        description="where a signed webhook reports the job's end; public addresses only",
        examples=["https://example.org/job-ended"],
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_nul(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("holds a NUL character")
        return value


@dataclass(frozen=True, kw_only=True)
class RunningJob:
    """What a task may know of the job that it works on."""

    id: UUID
    owner: str | None
    attempt: int
    progress: JsonObject | None  # what the turn before left by GoOn
    database: "Database" = field(repr=False, compare=False)  # the job store, where a kind may have further tables


@dataclass(frozen=True, kw_only=True)
class EndedChild:
    """A child that has ended, whatever its end."""

    id: UUID
    kind: str
    request: JsonObject
    state: State
    result: JsonObject | None
    error: JsonObject | None


@dataclass(frozen=True)
class GoOn:
    """Not done yet: the task leaves its `progress` (JSON, 64 KiB at most), and is called again when it is its turn.

    No attempt is spent, others have their turn meanwhile, and a crash repeats only the piece since the last progress.
    The next turn comes after `wait_seconds` at the earliest. No job of the same limit key begins for `rest_seconds`,
    and from now on no two of them within `gap_seconds`.
    """

    progress: JsonObject
    children: Sequence[NewJob] = ()
    wait_seconds: float = 0.0
    rest_seconds: float = 0.0
    gap_seconds: float = 0.0


@dataclass(frozen=True)
class FanOut:
    """The job gives further jobs, and goes on with its kind's `join` when all have ended, whatever their end."""

    children: Sequence[NewJob] = field(default=())


def counted(number: int, noun: str) -> str:
    """`1 page`, `10,000 pages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def plain_summary(result: JsonObject) -> str:
    """The first figures and texts of a result by their names, for kinds that say nothing better."""
    plain = [(name, value) for name, value in result.items() if isinstance(value, str | int | float)]
    return ", ".join(f"{name}: {value}" for name, value in plain[:MAX_PLAIN])


Join = Callable[..., Mapping[str, Any]]
AskProgress = Callable[["Connection", Collection[UUID]], Mapping[UUID, Any]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of job. `POST /<name>` takes its submission; a worker calls `work` with its request and keeps the result.

    Where the request has methods of these names, `label()` is what people know the job by, and `limit_key()` what it is
    limited together with. `summary` is a result in a line, as `line` gives it. `join`, for a kind that fans out, gets
    the request and an iterator of its ended children. `progress` says how far some of its jobs are, those left out that
    have not begun: it is asked often, by one question for all of them. Of what it says, `seconds` alone may change
    without being news.
    """

    name: str
    request: type[BaseModel]
    work: Callable[..., Any]
    join: Join | None = None
    summary: Callable[[JsonObject], str] = plain_summary
    progress: AskProgress | None = None
    is_offered: bool = True  # whether callers may submit it; else it is for tasks to give
    queue: str = "celery"
    max_attempts: int | None = None
    soft_time_limit_seconds: float | None = None
    hard_time_limit_seconds: float | None = None
    retry: RetryPolicy | None = None

    @cached_property
    def submission(self) -> type[BaseModel]:
        """The model of what is submitted: the request's fields, and those that every kind has.

        It is named after the kind, since several kinds may share a request, or hold another's in theirs.
        """
        options: dict[str, Any] = {}
        if self.max_attempts is not None:
            described = JobOptions.model_fields["max_attempts"]
            options["max_attempts"] = (int, Field(self.max_attempts, ge=1, le=100, description=described.description))
        name = "".join(part.capitalize() for part in self.name.split("_"))
        return create_model(
            f"{name}Submission", __base__=(self.request, JobOptions), __doc__=self.request.__doc__, **options
        )

    def new_job(self, submitted: BaseModel, *, max_crashes: int, owner: str | None = None) -> NewJob:
        """What a submission asks for."""
        options = JobOptions.model_construct(**{name: getattr(submitted, name) for name in JobOptions.model_fields})
        return replace(
            self.job(submitted, max_crashes=max_crashes),
            max_attempts=options.max_attempts,
            on_failure=OnFailure(options.on_failure),
            owner=owner,
            callback_url=options.callback_url,
        )

    def job(self, request: BaseModel, *, max_attempts: int = 5, max_crashes: int | None = None) -> NewJob:
        """A job of this kind, as a program submits it or a task gives it."""
        return NewJob(
            kind=self.name,
            label=_asked(request, "label") or self.name,
            limit_key=_asked(request, "limit_key"),
            request=request.model_dump(mode="json", exclude=JobOptions.model_fields.keys() - self.request.model_fields),
            max_attempts=self.max_attempts or max_attempts,
            max_crashes=max_crashes,
            on_failure=OnFailure.RETRY,
        )

    def kept_request(self, fields: Mapping[str, Any]) -> BaseModel:
        """The request of a job that was accepted, as its row has it."""
        return self.request.model_validate(fields, context={IS_KEPT: True})

    def line(self, result: JsonObject) -> str:
        """What `summary` says of a result; nothing where it fails, as over a result of an earlier form."""
        try:
            said: object = self.summary(result)
        except Exception:  # noqa: BLE001 - no job and no list may end for a text beside it
            return ""
        return "" if said is None else str(said)

    def hard_time_limit(self, config: CoreConfig) -> float:
        """Seconds after which the process of an attempt is killed."""
        return self.hard_time_limit_seconds or config.hard_time_limit_seconds

    def soft_time_limit(self, config: CoreConfig) -> float:
        """Seconds after which an attempt is interrupted."""
        return self.soft_time_limit_seconds or config.soft_time_limit_seconds

    @property
    def result(self) -> Any:  # noqa: ANN401 - a type
        """The type of the result, as annotated: a TypedDict names its fields, a JsonObject may have any."""
        return _result_of(self.join or self.work)

    @property
    def progress_type(self) -> Any:  # noqa: ANN401 - a type
        """The type of what `progress` says of a job, as annotated; None without one."""
        if self.progress is None:
            return None
        _, of_one = get_args(get_type_hints(self.progress)["return"])
        return of_one

    def start(self, request: BaseModel, job: RunningJob) -> object:
        """Call the task's function: its result, or GoOn or FanOut. Raises InvalidChildRequest, and what it raises."""
        with self._naming_invalid_children():
            return self.work(request, job) if _takes(self.work) > 1 else self.work(request)

    def finish(self, request: BaseModel, children: Iterator[EndedChild], job: RunningJob) -> object:
        """Call its second function. Raises like `start`."""
        if self.join is None:
            raise TypeError(f"task {self.name}: it fanned out, and has no join")
        with self._naming_invalid_children():
            return self.join(request, children, job) if _takes(self.join) > 2 else self.join(request, children)  # noqa: PLR2004 - request and children

    @contextmanager
    def _naming_invalid_children(self) -> Iterator[None]:
        """A model that a task with children could not make is taken for the request of one of them."""
        try:
            yield
        except ValidationError as error:
            if self.join is None:
                raise
            wrong = "; ".join(f"{field} {detail}".strip() for field, detail in wrong_fields(error))
            raise InvalidChildRequest(f"{error.title}: {wrong}.") from error


def kind_of(work: Callable[..., Any], **options: Any) -> Kind:  # noqa: ANN401 - the fields of Kind
    """The kind that `work` stands for.

    Raises TypeError if its name is one of Python's own, its first parameter is not annotated with a pydantic model, or
    the result, of it or of its join, not with a mapping.
    """
    if hasattr(builtins, work.__name__):
        raise TypeError(f"task {work.__name__}: choose another name, for this one hides Python's own in its module")
    hints = get_type_hints(work)
    first = next(iter(signature(work).parameters), None)
    request: Any = hints.get(first or "")
    if not _is(BaseModel, request) or not 1 <= _takes(work) <= 2:  # noqa: PLR2004 - request and job
        raise TypeError(f"task {work.__name__}: annotate its first parameter with the pydantic model of its request")
    kind = Kind(name=work.__name__, request=request, work=work, **options)
    if not (is_typeddict(kind.result) or _is(Mapping, get_origin(kind.result) or kind.result)):
        of = f"the result of its join, {kind.join.__name__}" if kind.join else "its result"
        raise TypeError(f"task {work.__name__}: annotate {of}, which is a mapping, like a JsonObject")
    return kind


def wrong_fields(error: ValidationError, in_words: Mapping[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """The name of each invalid field, "" for the whole, and the reason, which never contains the value.

    `in_words` says what patterns ask for: nobody is shown a regular expression.
    """
    for problem in error.errors(include_url=False, include_input=False):
        asked = (in_words or {}).get(problem.get("ctx", {}).get("pattern", ""))
        reason = asked or KNOWN.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        yield _name(problem["loc"]), reason


def _name(location: tuple[int | str, ...]) -> str:
    """Such as `name`, or `names[3]` for an item of a list."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _result_of(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - a type
    """What it returns, but for GoOn and FanOut."""
    returned = get_type_hints(function).get("return")
    parts = [part for part in getattr(returned, "__args__", ()) if part not in {GoOn, FanOut}]
    is_union = any(part in {GoOn, FanOut} for part in getattr(returned, "__args__", ()))
    return parts[0] if is_union and len(parts) == 1 else returned


def _asked(request: BaseModel, name: str) -> str | None:
    """What a method of the request returns, if it has one of this name."""
    method = getattr(request, name, None)
    return method() if callable(method) else None


@cache
def _takes(function: Callable[..., Any]) -> int:
    return len(signature(function).parameters)


def _is(base: type, hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, base)
