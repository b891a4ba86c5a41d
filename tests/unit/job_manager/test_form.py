import pytest

from job_manager.web.form import Form


def checked(urls: str, word: str = "") -> tuple[list[tuple[str, str | None]], list[str]]:
    """URL and word of each job, and what is wrong."""
    jobs, wrong = Form(urls=urls, word=word).check(max_crashes=3, owner=None)
    return [(job.label, job.request["word"]) for job in jobs], wrong


def test_a_job_for_each_line_that_holds_something() -> None:
    assert checked("https://one.example\r\n\r\n  two.example/a?b  \n", " queue ") == (
        [("https://one.example", "queue"), ("https://two.example/a?b", "queue")],
        [],
    )


@pytest.mark.parametrize("urls", ["", " \n\t", "a.example\n" * 1_001])
def test_too_few_or_too_many(urls: str) -> None:
    assert checked(urls) == ([], ["The form needs 1 to 1,000 addresses, one per line."])


def test_a_thousand_are_taken() -> None:
    jobs, wrong = checked("a.example\n" * 1_000)
    assert (len(jobs), wrong) == (1_000, [])


def test_each_thing_that_is_wrong_is_said_once() -> None:
    _, wrong = checked("ftp://one\n\na.example\nftp://three", "x" * 101)
    assert wrong == [
        "Line 1 must begin with http:// or https://.",
        "The word String should have at most 100 characters.",
        "Line 4 must begin with http:// or https://.",
    ]


def test_a_word_without_a_letter_is_none() -> None:
    assert checked("a.example", "3.14") == ([], ["The word holds no letter."])


def test_one_address_needs_no_number() -> None:
    assert checked("javascript://alert(1)")[1] == ["The address must begin with http:// or https://."]
