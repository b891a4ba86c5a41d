"""What `count` finds out about a page: the one description of it, for type checker, worker and HTTP interface."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12


class OneWord(TypedDict):
    """A word, and how often it stands on the page."""

    word: str
    count: Annotated[int, Field(ge=0)]


class CountResult(TypedDict):
    """The word counts of a page, and how it was had."""

    words: Annotated[int, Field(ge=0, description="how many words a person reads on the page")]
    unique_words: Annotated[int, Field(ge=0, description="how many different ones")]
    top: Annotated[Sequence[tuple[str, int]], Field(description="the most frequent words, each with its count")]
    word: Annotated[OneWord | None, Field(description="the count of the word that was asked for")]
    final_url: Annotated[str, Field(description="where the redirects ended")]
    http_status: int
    content_type: str | None
    charset: Annotated[str, Field(description="the encoding by which the page was read")]
    charset_source: Annotated[
        Literal["bom", "header", "meta", "detected", "default"], Field(description="what told the encoding")
    ]
    bytes: Annotated[int, Field(ge=0, description="of the page, decompressed")]
    language: Annotated[str | None, Field(description="as the page declares it")]
    fetch_ms: Annotated[int, Field(ge=0)]
    count_ms: Annotated[int, Field(ge=0)]
