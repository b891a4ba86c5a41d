"""What all kinds of jobs about a page ask for."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from job_core.kinds import IS_KEPT, URL_FORMAT, JobRequest
from page_fetch.errors import InvalidUrl
from page_fetch.url import MAX_ENCODED_LENGTH, MAX_LENGTH, has_credentials, parse_url


def _check_url(text: str, info: ValidationInfo) -> str:
    """The URL as the caller wrote it, if it can be fetched; without its credentials, percent-encoded."""
    is_kept = (info.context or {}).get(IS_KEPT, False)
    try:
        # Without its credentials, a URL may be longer than the one that was submitted.
        parsed = parse_url(text, max_length=MAX_ENCODED_LENGTH if is_kept else MAX_LENGTH)
    except InvalidUrl as error:
        raise ValueError(str(error)) from error
    return str(parsed) if has_credentials(text) else text


class PageRequest(JobRequest):
    """The request of a job about one page. A kind adds fields of its own in a subclass."""

    url: Annotated[str, AfterValidator(_check_url)] = Field(
        description="an http or https URL, as browsers take them; credentials in it are dropped",
        json_schema_extra={"format": URL_FORMAT, "minLength": 1, "maxLength": MAX_LENGTH},
        examples=["https://example.com/page"],
    )
