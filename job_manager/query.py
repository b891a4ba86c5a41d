"""What a query string asks for. The models read it, and describe it."""

from collections.abc import Mapping
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic.config import JsonDict
from werkzeug.datastructures import MultiDict

from job_core.job import State
from job_core.kinds import KINDS, NO_NUL
from job_core.store.lookup import JobFilter
from job_manager.errors import InvalidRequest
from job_manager.wrong_fields import wrong_fields

MAX_WAIT_SECONDS = 30.0
DEFAULT_LIMIT = 20
MAX_LIMIT = 200
MAX_LIMIT_DIGITS = len(str(MAX_LIMIT))
REPEATABLE = {"id"}


def _only_digits(text: object) -> object:
    """Else pydantic would read +5, 5.0 and 1_0 as numbers, too."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit() and len(text) <= MAX_LIMIT_DIGITS):
        raise ValueError(f"must be a number from 1 to {MAX_LIMIT}")
    return text


def _name_kinds(schema: JsonDict) -> None:
    schema["enum"] = list(KINDS)


class Query(BaseModel):
    """Names that are not known are refused, so that a misspelled filter does not show every job."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class WaitQuery(Query):
    """Of `GET /result/<id>`."""

    wait: float = Field(
        default=0, ge=0, le=MAX_WAIT_SECONDS, description="seconds for which the answer is held until the job ends"
    )


class JobsQuery(Query):
    """Of `GET /jobs`."""

    id: Annotated[list[UUID], Field(max_length=MAX_LIMIT)] | None = Field(
        default=None,
        description="only these jobs, in this order, unknown ones left out; repeatable, and not with any other filter",
    )
    status: State | None = Field(default=None, description="only jobs in this state")
    kind: str | None = Field(default=None, description="only jobs of this kind", json_schema_extra=_name_kinds)
    url: str | None = Field(
        default=None,
        description="only jobs of exactly this URL, as it was submitted",
        json_schema_extra={"pattern": NO_NUL},
    )
    limit: Annotated[int, BeforeValidator(_only_digits)] = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="jobs on a page"
    )
    cursor: UUID | None = Field(default=None, description="where the page begins: from `next` of the page before")

    @field_validator("kind")
    @classmethod
    def _check_kind(cls, kind: str | None) -> str | None:
        if kind is not None and kind not in KINDS:
            raise ValueError(f"must be one of {', '.join(KINDS)}")
        return kind


Asked = TypeVar("Asked", bound=Query)


def read_wait(query: MultiDict[str, str]) -> float:
    """Seconds to wait for the end of a job; 0 if not asked."""
    return _read(WaitQuery, query).wait


def read_filter(query: MultiDict[str, str]) -> tuple[JobFilter, int]:
    """Which jobs are asked for, and how many on a page."""
    asked = _read(JobsQuery, query)
    return JobFilter(state=asked.status, kind=asked.kind, url=asked.url, before=asked.cursor), asked.limit


def read_ids(query: MultiDict[str, str]) -> list[UUID]:
    """Which jobs are asked for by `id`, each once. Raises InvalidRequest if anything else is asked as well."""
    asked = _read(JobsQuery, query)
    if others := sorted(asked.model_fields_set - {"id"}):
        raise InvalidRequest(("id", f"cannot be combined with {', '.join(others)}"))
    return list(dict.fromkeys(asked.id or ()))


def _read(model: type[Asked], query: MultiDict[str, str]) -> Asked:
    try:
        return model.model_validate(_values(query))
    except ValidationError as error:
        raise InvalidRequest(*wrong_fields(error)) from error


def _values(query: MultiDict[str, str]) -> Mapping[str, str | list[str]]:
    for name, values in query.lists():
        if len(values) > 1 and name not in REPEATABLE:
            raise InvalidRequest((name, "is given more than once"))
        if any("\0" in value for value in values):
            raise InvalidRequest((name, "holds a NUL character"))
    return {name: values if name in REPEATABLE else values[0] for name, values in query.lists()}
