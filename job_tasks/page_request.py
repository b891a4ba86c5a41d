"""What all kinds of jobs about a page ask for."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from job_core.kinds import IS_KEPT, URL_FORMAT
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


class UrlRequest(BaseModel):
    """The request of a job that begins with a URL. A kind adds fields of its own in a subclass."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_check_url)] = Field(
        description="an http or https URL, as browsers take them; credentials in it are dropped",
        json_schema_extra={"format": URL_FORMAT, "minLength": 1, "maxLength": MAX_LENGTH},
        examples=["https://example.com/page"],
    )

    def label(self) -> str:
        """What people know the job by."""
        return self.url


class PageRequest(UrlRequest):
    """The request of a job about one page."""

    def limit_key(self) -> str:
        """The host: what one site is spared holds for all jobs about its pages."""
        return parse_url(self.url, max_length=MAX_ENCODED_LENGTH).host_name
