"""What pydantic found wrong, as callers read it."""

from collections.abc import Iterator

from pydantic import ValidationError

KNOWN = {"extra_forbidden": "is not known", "missing": "is missing"}


def wrong_fields(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Each wrong field's name, and what is wrong about it. Never shows what it got."""
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        yield _name(problem["loc"]), KNOWN.get(problem["type"], problem["msg"].removeprefix("Value error, "))


def _name(location: tuple[int | str, ...]) -> str:
    """Such as `url`, or `id[3]` for an item of a list."""
    if not location:
        return "body"
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")
