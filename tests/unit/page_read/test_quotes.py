"""What is a quote on small pages of many shapes and languages, and what is not."""

import pytest

from page_read.quotes import find_quotes
from tests.unit.page_read.quote_pages import MARKED_UP, NO_QUOTES, RUNNING_TEXT, QuotePage


def pairs(page: QuotePage) -> tuple[tuple[str, str | None], ...]:
    return tuple([(quote.text, quote.author) for quote in find_quotes(page.html.encode(), page.language)])


@pytest.mark.parametrize("page", RUNNING_TEXT, ids=lambda page: page.name)
def test_direct_speech_is_found_with_its_speaker(page: QuotePage) -> None:
    assert pairs(page) == page.quotes


@pytest.mark.parametrize("page", MARKED_UP, ids=lambda page: page.name)
def test_marked_up_quotes_are_found_with_their_authors(page: QuotePage) -> None:
    assert pairs(page) == page.quotes


@pytest.mark.parametrize("page", NO_QUOTES, ids=lambda page: page.name)
def test_what_only_looks_like_a_quote_is_left_out(page: QuotePage) -> None:
    assert pairs(page) == ()
