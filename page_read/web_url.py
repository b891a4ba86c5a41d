"""URLs that a page or a sitemap names, resolved as browsers do (WHATWG URL standard, by the Ada parser)."""

import re
from typing import Final

from ada_url import URL, join_url

MAX_URL_LENGTH: Final = 2_048

_CREDENTIALS: Final = re.compile(r"(https?://)[^/?#@]*@")


def web_url(text: str, base: str | None = None) -> str | None:
    """The http or https URL that `text` stands for, relative to `base`, or None. Without fragment and credentials.

    It may be longer than MAX_URL_LENGTH.
    """
    try:
        url = URL(text).href if base is None else join_url(base, text)
    except ValueError:
        return None
    if not url.startswith(("http://", "https://")):
        return None
    if "@" in url:
        url = _CREDENTIALS.sub(r"\1", url, count=1)
    return url.partition("#")[0]
