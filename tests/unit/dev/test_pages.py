"""What a page of the chaos site does is in its path."""

from http import HTTPStatus

import pytest

from dev.chaos.pages import Page, page_at


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/words/12/after/0/a", Page(words=12)),
        ("/words/12/after/0.25/a", Page(words=12, seconds=0.25)),
        ("/late/7/a", Page(words=7, late=True)),
        ("/busy/a", Page(error=HTTPStatus.SERVICE_UNAVAILABLE)),
        ("/missing/a", Page(error=HTTPStatus.NOT_FOUND)),
    ],
)
def test_each_path_is_one_page(path: str, page: Page) -> None:
    assert page_at(path) == page


@pytest.mark.parametrize("path", ["/", "/words/12", "/words/many/after/0/a", "/favicon.ico"])
def test_there_is_no_other(path: str) -> None:
    with pytest.raises(ValueError, match=r"no page|invalid literal"):
        page_at(path)
