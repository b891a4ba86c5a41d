"""Keeping the quotes of a page."""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal
from uuid import UUID

from job_core.store.database import Database

KEEP = "SELECT keep_quotes(%s, %s, %s, %s, %s, %s)"

# Titles before a name say nothing about who it is.
_HONORIFICS: Final = re.compile(r"^(?:(?:mr|mrs|ms|miss|dr|prof|sir|dame|lord|lady|rev|president|saint|st)\.? )+")


@dataclass(frozen=True, kw_only=True)
class FoundQuote:
    """A quote as a page has it; `normal_form` is what its text has in common with other spellings of it."""

    text: str
    normal_form: str
    language: str | None
    kind: Literal["marked", "speech"]
    author: str | None
    source: str | None
    rule: str
    confidence: float
    context: str


def keep_parameters(
    quotes: Sequence[FoundQuote], *, job_id: UUID, lane_id: UUID, attempt: int, url: str, site: str
) -> tuple[object, ...]:
    """The parameters of KEEP, which runs in the transaction that ends the page."""
    rows = {(quote.normal_form, author_key(quote.author)): quote for quote in reversed(quotes) if quote.normal_form}
    found = [
        {
            "key": quote_key(form).hex(),
            "author_key": author,
            **{name: value for name, value in vars(quote).items() if name != "normal_form"},
        }
        for (form, author), quote in rows.items()
    ]
    return job_id, lane_id, attempt, json.dumps(found), url, site


def quote_key(normal_form: str) -> bytes:
    """16 bytes for a text, by its normal form."""
    return blake2b(normal_form.encode(), digest_size=16).digest()


def author_key(name: str | None) -> str | None:
    """A name in the one spelling by which authors are told apart: `Tzu, Lao` is `lao tzu`, `Dr. Müller` is `muller`."""
    if name is None:
        return None
    last, comma, first = name.partition(",")
    if comma and first.strip() and "," not in first:
        name = f"{first} {last}"
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    words = " ".join(re.findall(r"[\w'’-]+\.?", plain))
    return _HONORIFICS.sub("", words).replace(".", "") or None


def count_found(database: Database, job_id: UUID) -> tuple[int, int]:
    """How many different quotes the job found, and how many of these were not known before."""
    ((quotes, new),) = database.call(
        "SELECT count(DISTINCT quote_id), count(DISTINCT quote_id) FILTER (WHERE is_new)"
        " FROM found_quotes WHERE job_id = %s",
        job_id,
    )
    return quotes, new
