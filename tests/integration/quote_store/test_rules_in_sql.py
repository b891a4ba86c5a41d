"""The rules that the database itself holds about quotes, whoever writes."""

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from tests.integration.job_store import Store
from tests.integration.kept_quotes import KeptQuotes, a_quote

QUOTE = """
    quotes (owner, key, text, kind, confidence, found_on) SELECT owner, key, 'x', kind, confidence, 'y' FROM quotes
"""
SIGHTING = """
    sightings (quote_id, url, site, author, author_key, rule, confidence, context)
    SELECT quote_id, url, '', author, author_key, '', 0, '' FROM sightings
"""
TABLES = ("quotes", "sightings", "sighting_counts", "found_quotes", "authors", "daily_quotes")


@pytest.fixture(autouse=True)
def _one_quote(store: Store) -> None:
    quotes = KeptQuotes(store)
    quotes.keep(a_quote("Be yourself; everyone else is taken.", "Oscar Wilde"))
    quotes.today()


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("quotes_text_check", "quotes SET text = repeat('x', 2001)"),
        ("quotes_kind_check", "quotes SET kind = 'sung'"),
        ("quotes_confidence_check", "quotes SET confidence = 1.01"),
        ("quotes_confidence_check", "quotes SET confidence = -0.01"),
        ("quotes_sightings_check", "quotes SET sightings = -1"),
        ("quotes_key_check", "quotes SET key = 'short'"),
        ("nothing_is_left_of_what_was_taken_down", "quotes SET removed_at = now()"),
        ("nothing_is_left_of_what_was_taken_down", "quotes SET removed_at = now(), text = '', found_on = ''"),
        ("nothing_is_left_of_what_was_taken_down", "quotes SET text = ''"),
        ("sightings_confidence_check", "sightings SET confidence = 2"),
        ("sightings_quote_id_fkey", "sightings SET quote_id = gen_random_uuid()"),
        ("an_author_has_a_key", "sightings SET author_key = NULL"),
        ("an_author_has_a_key", "sightings SET author = NULL"),
        ("sighting_counts_sightings_check", "sighting_counts SET sightings = 0"),
        ("sighting_counts_number_fkey", "sighting_counts SET number = -1"),
        ("found_quotes_job_id_fkey", "found_quotes SET job_id = gen_random_uuid()"),
        ("found_quotes_sighting_id_fkey", "found_quotes SET sighting_id = -1"),
        ("authors_quotes_check", "authors SET quotes = 0"),
    ],
)
def test_every_rule_is_kept(store: Store, constraint: str, change: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        store.sql(f"UPDATE {change}")


@pytest.mark.parametrize(
    ("constraint", "copied"),
    [
        ("quotes_of_owner", QUOTE),
        ("sightings_of_quote", SIGHTING),
        ("sighting_counts_of_quote", "sighting_counts SELECT * FROM sighting_counts"),
        ("found_quotes_pkey", "found_quotes SELECT * FROM found_quotes"),
        ("authors_pkey", "authors SELECT * FROM authors"),
        ("daily_quotes_pkey", "daily_quotes SELECT * FROM daily_quotes"),
    ],
)
def test_each_comes_once(store: Store, constraint: str, copied: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        store.sql(f"INSERT INTO {copied}")


@pytest.mark.parametrize("table", ["sightings", "sighting_counts"])
def test_one_without_an_author_comes_once_as_well(store: Store, table: str) -> None:
    store.sql(f"UPDATE {table} SET author = NULL, author_key = NULL")
    columns = (
        "quote_id, url, site, rule, confidence, context"
        if table == "sightings"
        else "number, owner, pivot, site, sightings, found_on, confidence"
    )
    with pytest.raises(IntegrityError, match=f"{table}_of_quote"):
        store.sql(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}")


def test_every_rule_is_broken_by_some_test_here(store: Store) -> None:
    named = Path(__file__).read_text(encoding="utf-8")
    rules = store.sql(
        "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f') AND conrelid = ANY(CAST(:tables AS regclass[]))",
        tables=list(TABLES),
    )
    assert len(rules) > 10
    assert [rule.conname for rule in rules if f'"{rule.conname}"' not in named] == []
