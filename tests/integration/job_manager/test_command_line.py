"""`wordcount` with more jobs than one request takes, on the manager as it is deployed. No worker runs."""

import io
import json
import sys

import pytest

from job_core.store.read import PAGE_BYTES
from tests.integration.job_store import NEW_JOB, RESULT, Store
from wordcount.main import main

URLS = [f"https://{number}.example.com/" for number in range(1_001)]


@pytest.fixture(autouse=True)
def server(manager_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDCOUNT_SERVER", manager_url)


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put the text on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_more_urls_than_a_batch_holds_are_submitted_and_waited_for_in_their_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, "\n".join(URLS))
    assert main(["count", "-"]) == 0
    submitted = capsys.readouterr().out
    assert [line.split()[1] for line in submitted.splitlines()] == URLS
    assert [row.label for row in store.sql("SELECT label FROM jobs ORDER BY id")] == URLS
    store.sql("UPDATE jobs SET state = 'REVOKED', finished_at = now()")
    give(monkeypatch, submitted)
    assert main(["wait", "-"]) == 1
    waited = capsys.readouterr()
    assert [line.split() for line in waited.out.splitlines()[1:]] == [["REVOKED", url] for url in URLS]
    assert waited.err == "1,001 jobs: 1,001 REVOKED\n"


def test_a_list_goes_on_beyond_the_managers_longest_page(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    newest_first = [str(job.id) for job in store.accept([NEW_JOB] * 402).jobs][::-1]
    capsys.readouterr()  # the store's log
    assert main(["jobs", "--limit", "401", "--json"]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == newest_first[:401]


def test_jobs_too_large_for_one_answer_are_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [store.claimed() for _ in range(3)]
    for held in made:
        store.succeed(held, RESULT | {"final_url": "x" * PAGE_BYTES})
    give(monkeypatch, "\n".join(str(held.job_id) for held in made))
    assert main(["wait", "-"]) == 0
    assert capsys.readouterr().err.endswith("3 jobs: 3 SUCCESS\n")
