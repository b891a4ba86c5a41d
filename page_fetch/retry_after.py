"""The Retry-After header (RFC 9110 section 10.2.3)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]+")
_LONGEST = 1e9


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Seconds to wait from `now`, from 0 to a billion; None if the header says neither seconds nor a date."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date without a usable zone is in UTC, as every HTTP date is.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), _LONGEST)
