"""The form for a job of any kind, made from the schema of its submission."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from job_core.job import JsonObject, NewJob
from job_core.kinds import URL_FORMAT, JobOptions, Kind
from job_manager.errors import InvalidRequest
from job_manager.requests import MAX_BYTES, new_jobs
from page_fetch.url import meant_url

LONG_TEXT = 200  # characters, from which on a text gets several lines

Control = Literal["choice", "number", "text", "long text", "lines", "json"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of the form: how it is written, what is written there, and what is wrong with that."""

    name: str
    schema: JsonObject  # without null
    is_required: bool
    written: str
    wrong: tuple[str, ...] = ()

    @property
    def is_option(self) -> bool:
        """Whether jobs of every kind have it."""
        return self.name in JobOptions.model_fields

    @property
    def control(self) -> Control:
        """How it is written."""
        kind = self.schema.get("type")
        if self.choices:
            return "choice"
        if kind in {"integer", "number"}:
            return "number"
        if kind == "string":
            is_long = "format" not in self.schema and self.schema.get("maxLength", LONG_TEXT + 1) > LONG_TEXT
            return "long text" if is_long else "text"
        if kind == "array" and self.schema.get("items", {}).get("type") == "string":
            return "lines"
        return "json"

    @property
    def choices(self) -> Mapping[str, object]:
        """Its values by what a person chooses, if there are few."""
        if self.schema.get("type") == "boolean":
            return {"yes": True, "no": False}
        values = [self.schema["const"]] if "const" in self.schema else self.schema.get("enum", ())
        return {value if isinstance(value, str) else json.dumps(value): value for value in values}

    @property
    def default(self) -> str | None:
        """What is taken where nothing is written, in words; None where that is nothing."""
        default = self.schema.get("default")
        if default is None or default == []:
            return None
        named = [name for name, value in self.choices.items() if value is default or value == default]
        return next(iter(named), default if isinstance(default, str) else json.dumps(default, ensure_ascii=False))

    def value(self) -> object:
        """What is written, as the API takes it from a form. Raises ValueError with what is wrong."""
        match self.control:
            case "choice":
                return self.choices.get(self.written, self.written)
            case "lines":
                return [line.strip() for line in self.written.splitlines() if line.strip()]
            case "json":
                try:
                    return json.loads(self.written)
                except (ValueError, RecursionError) as error:
                    raise ValueError("is not valid JSON") from error
        return meant_url(self.written) if self.schema.get("format") == URL_FORMAT else self.written


@dataclass(frozen=True, kw_only=True)
class KindForm:
    """The form of a kind, with what was written there."""

    kind: Kind
    fields: tuple[Field, ...]
    wrong: tuple[str, ...] = ()  # with the form as a whole

    @classmethod
    def read(cls, kind: Kind, written: Mapping[str, str]) -> "KindForm":
        """The form as the browser sent it; empty at first."""
        schema = kind.submission.model_json_schema()
        required = schema.get("required", ())
        return cls(
            kind=kind,
            fields=tuple(
                Field(
                    name=name,
                    schema=_plain(described, schema.get("$defs", {})),
                    is_required=name in required,
                    written=written.get(name, "").strip(),
                )
                for name, described in schema["properties"].items()
            ),
        )

    @property
    def is_wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.wrong) or any(field.wrong for field in self.fields)

    def check(self, *, max_crashes: int, owner: str | None) -> "tuple[list[NewJob], KindForm]":
        """The job that it asks for, and the form with what is wrong beside its fields. Empty fields are left out."""
        values: JsonObject = {}
        wrong: list[tuple[str, str]] = []
        for each in self.fields:
            try:
                values |= {each.name: each.value()} if each.written else {}
            except ValueError as error:
                wrong.append((each.name, str(error)))
        if len(json.dumps(values)) > MAX_BYTES:
            wrong.append(("", f"A request may have {MAX_BYTES:,} bytes."))
        if not wrong:
            try:
                jobs = new_jobs(self.kind, values, typed=False, max_crashes=max_crashes, owner=owner)
            except InvalidRequest as error:
                wrong += error.errors
            else:
                return jobs, self
        return [], self.with_wrong(wrong)

    def with_wrong(self, wrong: Sequence[tuple[str, str]]) -> "KindForm":
        """The same form, with what is wrong, by its place in the request, beside the fields."""
        names = {each.name for each in self.fields}

        def about(name: str) -> tuple[str, ...]:
            return tuple(_sentence(place, said) for place, said in wrong if _of(place) == name)

        others = tuple(_sentence(place, said) for place, said in wrong if _of(place) not in names)
        return replace(self, fields=tuple(replace(each, wrong=about(each.name)) for each in self.fields), wrong=others)


def _plain(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """The schema of a field, with what it refers to in its place, and without null beside one other type."""
    types = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    more = types[0] if len(types) == 1 else {}
    if name := {**schema, **more}.get("$ref"):
        more = {**more, **definitions[str(name).rpartition("/")[2]]}
    return {**more, **{key: value for key, value in schema.items() if key != "anyOf" or len(types) != 1}}


def _of(place: str) -> str:
    """The field in which `pages[0].url` is."""
    return place.partition("[")[0].partition(".")[0]


def _sentence(place: str, said: str) -> str:
    if not place or place == "body":
        return said
    return f"{place} {said}{'' if said.endswith('.') else '.'}"
