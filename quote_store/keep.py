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

MAX_TEXT: Final = 2_000  # characters
MAX_NAME: Final = 200
MAX_SOURCE: Final = 500

# Titles before a name say nothing about who it is.
_HONORIFICS: Final = re.compile(r"^(?:(?:mr|mrs|ms|miss|dr|prof|sir|dame|lord|lady|rev|president|saint|st)\.? )+")
_NAME_SUFFIX: Final = re.compile(r"(?:jr|sr|junior|senior|ph\.?d|m\.?d|esq|[ivx]+)\.?", re.IGNORECASE)
_LETTER_MARKS: Final = (0, 7, 8, 9)  # combining classes of marks that belong to a letter: vowels, nukta, kana, virama
_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc\u00b4`]")
_DASHES: Final = re.compile("[\u2010-\u2015\u2212]")
_LANGUAGE: Final = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_MAX_LANGUAGE: Final = 35  # characters (RFC 5646, section 4.4.1)
# PostgreSQL keeps no NUL, and UTF-8 has no halves of surrogate pairs; JSON on a page may name both.
_NOT_KEPT: Final = re.compile("[\0\ud800-\udfff]")


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
    rows: dict[tuple[str, str | None], FoundQuote] = {}
    for quote in sorted(quotes, key=lambda quote: -quote.confidence):
        if quote.normal_form:
            rows.setdefault((quote.normal_form, author_key(quote.author)), quote)
    found = [
        {
            "key": quote_key(form).hex(),
            "text": _kept(quote.text),
            "language": _language(quote.language),
            "kind": quote.kind,
            "author": _kept(quote.author or "")[:MAX_NAME] if author else None,
            "author_key": author,
            "source": _kept(quote.source or "")[:MAX_SOURCE] or None,
            "rule": quote.rule,
            "confidence": quote.confidence,
            "context": _kept(quote.context),
        }
        for (form, author), quote in rows.items()
        if len(quote.text) <= MAX_TEXT
    ]
    return job_id, lane_id, attempt, json.dumps(found), url, site


def _kept(text: str) -> str:
    return _NOT_KEPT.sub("", text)


def _language(declared: str | None) -> str | None:
    """A language tag (BCP 47) as a page declares it; None for what is none."""
    tag = (declared or "").strip().replace("_", "-")
    return tag if len(tag) <= _MAX_LANGUAGE and _LANGUAGE.fullmatch(tag) else None


def quote_key(normal_form: str) -> bytes:
    """16 bytes for a text, by its normal form."""
    return blake2b(normal_form.encode(), digest_size=16).digest()


def author_key(name: str | None) -> str | None:
    """A name in the one spelling by which authors are told apart: `Tzu, Lao` is `lao tzu`, `Dr. Müller` is `muller`."""
    if name is None:
        return None
    last, comma, first = name.partition(",")
    if comma and "," not in first and first.strip() and not _NAME_SUFFIX.fullmatch(first.strip()):
        name = f"{first} {last}"
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = "".join([each for each in folded if unicodedata.combining(each) in _LETTER_MARKS])
    plain = _DASHES.sub("-", _APOSTROPHES.sub("'", unicodedata.normalize("NFC", letters)))
    kept = [each if each in "'-." or unicodedata.category(each)[0] in "LMN" else " " for each in plain]
    words = " ".join("".join(kept).replace(".", ". ").split())
    return _HONORIFICS.sub("", words).replace(".", "").strip(" '-")[:MAX_NAME] or None


def count_found(database: Database, job_id: UUID) -> tuple[int, int]:
    """How many different quotes the job found, and how many of these were not known before."""
    ((quotes, new),) = database.call(
        "SELECT count(DISTINCT quote_id), count(DISTINCT quote_id) FILTER (WHERE is_new)"
        " FROM found_quotes WHERE job_id = %s",
        job_id,
    )
    return quotes, new
