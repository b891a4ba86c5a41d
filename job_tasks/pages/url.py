"""The URL of a page."""

from urllib.parse import urlsplit

MAX_LENGTH = 2_048


def check_url(url: str) -> str:
    """Give `url` back if it is one of http or https with a host; raises ValueError with what is wrong."""
    if len(url) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("must begin with http:// or https://")
    if not parts.hostname:
        raise ValueError("has no host")
    return url
