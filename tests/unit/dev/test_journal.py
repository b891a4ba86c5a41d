"""The answers that callers of a chaos run got are kept, and answers that contradict each other are a breach."""

from dataclasses import replace

from dev.chaos.checks import Flaw
from dev.chaos.load import Journal, Submission

KEYED = Submission(path="/count", key="key", labels=("http://site/a", "http://site/b"))
UNKEYED = replace(KEYED, key=None)


def test_a_promise_names_each_url() -> None:
    journal = Journal()
    journal.accepted(KEYED, ["1", "2"])
    journal.accepted(KEYED, ["1", "2"])
    assert journal.known().promised == {"1": "http://site/a", "2": "http://site/b"}
    assert journal.breaches() == []


def test_a_repeated_key_that_names_other_jobs_is_a_breach() -> None:
    journal = Journal()
    journal.accepted(KEYED, ["1", "2"])
    journal.accepted(KEYED, ["1", "3"])
    assert [breach.flaw for breach in journal.breaches()] == [Flaw.DOUBLED]


def test_an_answer_that_names_too_few_jobs_is_a_breach() -> None:
    journal = Journal()
    journal.accepted(UNKEYED, ["1"])
    assert [breach.flaw for breach in journal.breaches()] == [Flaw.DOUBLED]


def test_a_submission_with_a_key_stays_open_until_it_is_answered() -> None:
    journal = Journal()
    journal.unanswered(KEYED)
    journal.unanswered(KEYED)
    assert journal.take_open() == KEYED
    assert journal.take_open() is None
    journal.unanswered(KEYED)
    journal.accepted(KEYED, ["1", "2"])
    assert journal.take_open() is None


def test_a_submission_without_a_key_is_never_asked_for_again() -> None:
    journal = Journal()
    journal.unanswered(UNKEYED)
    journal.unanswered(replace(UNKEYED, labels=("http://site/a",), retry_of="1"))
    assert journal.take_open() is None
    assert journal.known().unanswered == {
        (None, "http://site/a"): 1,
        (None, "http://site/b"): 1,
        ("1", "http://site/a"): 1,
    }


def test_only_ends_are_held_against_later_answers() -> None:
    journal = Journal()
    journal.saw("1", "STARTED")
    journal.saw("1", "REVOKED")
    assert journal.known().ends_seen == {"1": frozenset({"REVOKED"})}
