"""The quote of a day: chosen once, the same for all, and kept whatever becomes of the quote."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from job_core.job import JsonObject
from quote_store import read
from tests.integration.job_store import Store
from tests.integration.kept_quotes import KeptQuotes, a_quote

ASK = """
import sys
from job_core.store.database import Database
from quote_store import read
database = Database(sys.argv[1], pool_size=1)
with database.reading(30) as connection:
    connection.exec_driver_sql("SELECT 1")
    print("ready", flush=True)
    sys.stdin.readline()
    print(read.of_day(connection, None, None))
"""


def today_of(quotes: KeptQuotes) -> JsonObject:
    shown = quotes.today()
    assert shown is not None
    quote: JsonObject = shown["quote"]
    return quote


def of_day(store: Store, day: date) -> JsonObject | None:
    with store.database.reading() as connection:
        return read.of_day(connection, None, day)


def test_it_is_one_that_is_attributed_and_sure(quotes: KeptQuotes, store: Store) -> None:
    quotes.keep(a_quote("Nobody's.", None, confidence=0.95), a_quote("Unsure.", "Ada Lovelace", confidence=0.74))
    assert quotes.today() is None
    quotes.keep(a_quote("Sure enough.", "Ada Lovelace", confidence=0.75))
    assert today_of(quotes)["text"] == "Sure enough."
    assert store.count("daily_quotes") == 1


def test_it_stays_whatever_is_added_or_taken_down(quotes: KeptQuotes) -> None:
    quotes.keep_many(3)
    shown = today_of(quotes)
    quotes.keep_many(40)
    quotes.take_down(shown)
    assert [today_of(quotes) for _ in range(5)] == [shown] * 5
    assert shown["text"] not in quotes.texts()


def test_none_of_the_last_365_days_is_chosen(quotes: KeptQuotes) -> None:
    quotes.keep_many(366)
    *past, left = quotes.all()
    for days_ago, quote in enumerate(past, 1):
        quotes.shown_before(quote, days_ago)
    assert today_of(quotes) == left


def test_one_of_366_days_ago_may_be_chosen_again(quotes: KeptQuotes) -> None:
    quotes.keep_many(2)
    recent, old = quotes.all()
    quotes.shown_before(recent, 365)
    quotes.shown_before(old, 366)
    assert today_of(quotes) == old


def test_where_there_are_fewer_it_is_that_of_longest_ago(quotes: KeptQuotes) -> None:
    quotes.keep_many(5)
    for days_ago, quote in enumerate(quotes.all() * 2, 1):
        quotes.shown_before(quote, days_ago)
    assert today_of(quotes) == quotes.all()[-1]


def test_each_is_as_likely_to_be_chosen(quotes: KeptQuotes, store: Store) -> None:
    quotes.keep_many(4)
    chosen = set()
    for _ in range(100):
        store.sql("DELETE FROM daily_quotes")
        store.sql("UPDATE quotes SET pivot = random()")
        chosen.add(today_of(quotes)["id"])
    assert len(chosen) == 4


def test_processes_that_ask_at_once_agree(quotes: KeptQuotes, store: Store, servers_url: str) -> None:
    quotes.keep_many(50)
    for _ in range(3):
        store.sql("DELETE FROM daily_quotes")
        asking = [
            subprocess.Popen(
                [sys.executable, "-c", ASK, servers_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        for each in asking:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in asking:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        one, other = (each.communicate(timeout=60)[0] for each in asking)
        assert one == other != "None\n"
        assert store.count("daily_quotes") == 1


def test_who_asks_while_another_chooses_waits_and_agrees(quotes: KeptQuotes, store: Store) -> None:
    """The second has found no row before the first one's is there."""
    quotes.keep_many(50)
    statement = "SELECT quote_of_day('', NULL)"
    for _ in range(5):
        store.sql("DELETE FROM daily_quotes")
        with store.database.transaction() as first:
            chosen = first.exec_driver_sql(statement).scalar()
            waiting = store.database.call("SELECT count(*) FROM daily_quotes")
        assert waiting == [(0,)]
        assert store.database.call(statement) == [(chosen,)]


@pytest.mark.parametrize("days", [-1, -400, 1, 400])
def test_no_other_day_is_given_a_quote(quotes: KeptQuotes, store: Store, days: int) -> None:
    quotes.keep_many(3)
    assert of_day(store, datetime.now(UTC).date() + timedelta(days=days)) is None
    assert store.count("daily_quotes") == 0


def test_a_day_that_was_is_as_it_was(quotes: KeptQuotes, store: Store) -> None:
    quotes.keep_many(1)
    quote = quotes.one()
    quotes.shown_before(quote, 7)
    day = datetime.now(UTC).date() - timedelta(days=7)
    assert of_day(store, day) == {"day": day.isoformat(), "quote": quote}


def test_owners_have_days_apart(quotes: KeptQuotes, store: Store) -> None:
    alices, bobs = KeptQuotes(store, "alice"), KeptQuotes(store, "bob")
    alices.keep_many(1)
    bobs.keep(a_quote("Bob's own.", "Bob"))
    assert (today_of(alices)["text"], today_of(bobs)["text"]) == ("Number 0 of many.", "Bob's own.")
    assert quotes.today() is None
