"""Every error that reading a page or a sitemap can end in; the same bytes will fail again.

    ReadError
    ├── NotSitemap
    ├── NotText
    └── PageTooComplex

The message of an error is shown to users.
"""

import re


class ReadError(Exception):
    """Root of the tree. `title` is one fixed phrase for the class; `str(error)` is the detail."""

    title = "The page cannot be read"

    @property
    def type(self) -> str:
        """The class's name in kebab case, as users see it: `NotText` is `not-text`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.__class__.__name__).lower()


class NotSitemap(ReadError):
    """Neither a sitemap, nor a feed, nor a list of URLs."""

    title = "The sitemap cannot be read"


class NotText(ReadError):
    """The content type is one whose words are not counted."""

    title = "The page is not text"


class PageTooComplex(ReadError):
    """The markup is nested absurdly deep, or has absurdly many tags or attributes."""

    title = "The page is too complex"
