"""What pydantic found wrong, as callers read it."""

from collections.abc import Iterator

from pydantic import ValidationError

KNOWN = {"extra_forbidden": "is not known", "missing": "is missing"}


def wrong_fields(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Each wrong field's name, and what is wrong about it. Never shows what it got."""
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(str(part) for part in problem["loc"]) if problem["loc"] else "body"
        yield field, KNOWN.get(problem["type"], problem["msg"].removeprefix("Value error, "))
