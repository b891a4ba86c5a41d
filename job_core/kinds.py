"""The kinds of jobs. A kind is a function: its name, the request it takes, and the work it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from typing_extensions import is_typeddict

NO_NUL = r"^[^\u0000]*$"
URL_FORMAT = "web-url"  # what the WHATWG URL standard takes; more than `uri`, and no other scheme than http and https

# Keys of the context of a validation.
IS_KEPT = "is_kept"  # true for the request of a job that was accepted
READ_CALLBACK_URL = "read_callback_url"  # a function that returns the URL to keep, or raises ValueError


def _read_callback_url(text: str, info: ValidationInfo) -> str:
    read: Callable[[str], str] | None = (info.context or {}).get(READ_CALLBACK_URL)
    if read is None:
        raise ValueError("is not offered here")
    return read(text)


def _describe(schema: dict[str, Any]) -> None:
    """The fields of a kind come before those that every kind has, and no text takes a NUL."""
    fields = sorted(schema["properties"].items(), key=lambda field: field[0] in JobRequest.model_fields)
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


class JobRequest(BaseModel):
    """What every kind of job takes. A kind adds fields of its own in a subclass."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_extra=_describe)

    max_attempts: int = Field(default=5, ge=1, le=100, description="attempts that may end in a transient error")
    on_failure: Literal["retry", "discard"] = Field(
        default="retry", description="what a transient error does: try again later, or end the job at once"
    )

    callback_url: CallbackUrl | None = Field(
        default=None,
        exclude=True,  # it is not the task's business
        description="where a signed webhook tells of the job's end, whatever that is; public addresses only",
        examples=["https://example.org/counted"],
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_nul(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("holds a NUL character")
        return value


Request = TypeVar("Request", bound=JobRequest)
Work = Callable[[Request], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of job. `POST /<name>` takes its `request`; a worker calls `work` with it and keeps what that gives."""

    name: str
    request: type[JobRequest]
    work: Callable[[Any], Mapping[str, Any]]

    def kept_request(self, fields: Mapping[str, Any]) -> JobRequest:
        """The request of a job that was accepted, as its row has it."""
        return self.request.model_validate(fields, context={IS_KEPT: True})

    @property
    def result(self) -> Any:  # noqa: ANN401 - a type
        """The type of what `work` gives, as annotated: a TypedDict names its fields, a JsonObject may have any."""
        return get_type_hints(self.work)["return"]


KINDS: dict[str, Kind] = {}


def add_kind(work: Work[Request]) -> Kind:
    """The kind that `work` stands for.

    Raises TypeError if its only parameter is not annotated with the request it takes, or it does not say that it gives
    a mapping.
    """
    hints = get_type_hints(work)
    result = hints.pop("return", None)
    if len(hints) != 1 or not _is(JobRequest, request := next(iter(hints.values()))):
        raise TypeError(f"task {work.__name__}: annotate its one parameter, with JobRequest or a subclass of it")
    if not (is_typeddict(result) or _is(Mapping, get_origin(result) or result)):
        raise TypeError(f"task {work.__name__}: annotate what it returns; a result is a mapping, like a JsonObject")
    kind = Kind(name=work.__name__, request=request, work=work)
    KINDS[kind.name] = kind
    return kind


def _is(base: type, hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, base)
