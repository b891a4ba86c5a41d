"""The bodies of `/quotes`, `/authors` and `/result/<id>/quotes` as the API shows them."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from job_tasks.views import ApiModel, Time


class QuoteView(ApiModel):
    """A quote: found on a page, and attributed there."""

    id: UUID
    text: str
    author: str | None = Field(
        description="whom most pages attribute it to, or those of the author or site that is asked for"
    )
    source: str | None = Field(description="the work that it stands in, with that author")
    language: str | None = Field(description="of the page, as that declares it")
    kind: Literal["marked", "speech"]
    confidence: float = Field(ge=0, le=1, description="how surely it is a quote")
    found_at: Time
    found_on: str | None = Field(description="where it was seen most surely, of the pages that attribute it so")
    sightings: int = Field(ge=0, description="on how many pages it was seen")


class SightingView(ApiModel):
    """A page where a quote was seen."""

    url: str
    author: str | None = Field(description="as the page names them")
    source: str | None
    rule: str = Field(description="how it was found")
    confidence: float = Field(ge=0, le=1)
    context: str = Field(
        description="it, with up to 120 characters before and after it; empty if it stands in the page's data only, or"
        " beside a quote that was taken down"
    )
    first_seen: Time
    last_seen: Time
    job_id: UUID | None = Field(description="the job that found it last; null once that was deleted")


class QuoteDetail(ApiModel):
    """A quote with the pages where it was seen."""

    quote: QuoteView
    sightings: list[SightingView] = Field(description="the surest first; at most 1,000")


class QuoteList(ApiModel):
    """A page of quotes, those that were found last first."""

    quotes: list[QuoteView]
    next: str | None = Field(description="path and query of the next page; null on the last page")


class QuoteOfDay(ApiModel):
    """The quote of a day."""

    day: date
    quote: QuoteView = Field(description="as it was that day, whatever became of it")


class AuthorView(ApiModel):
    """Somebody whom quotes are attributed to."""

    name: str
    quotes: int = Field(ge=1)


class AuthorList(ApiModel):
    """A page of authors, in the order of the alphabet."""

    authors: list[AuthorView]
    next: str | None = Field(description="path and query of the next page; null on the last page")


class FoundQuoteView(ApiModel):
    """A quote that a job found on a page."""

    id: UUID
    text: str
    author: str | None
    source: str | None
    kind: Literal["marked", "speech"]
    rule: str
    confidence: float
    url: str
    context: str
    is_new: bool = Field(description="whether it was not known before")


class FoundQuoteList(ApiModel):
    """A page of the quotes that a job found, in their order."""

    quotes: list[FoundQuoteView]
    next: str | None = Field(description="path and query of the next page; null on the last page")
