"""`wordcount` against the whole stack."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from dev.manager import SUCCESS, Outcome
from dev.pages import PageServer
from dev.stack import Stack
from embedded.ports import LOOPBACK, free_ports
from tests.acceptance.command_line import CommandLine, Ended
from tests.acceptance.held import start_held, wait_until_held

UNKNOWN_ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"


@pytest.fixture
def command(stack: Stack, tmp_path: Path) -> CommandLine:
    return CommandLine(server=f"http://{LOOPBACK}:{stack.manager.port}", home=tmp_path)


def rows(ended: Ended) -> list[list[str]]:
    """The cells of a table, heading included."""
    return [line.split() for line in ended.out.splitlines()]


def objects(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def as_listed(stack: Stack, job_id: str) -> dict[str, Any]:
    """The job as `GET /jobs` shows it."""
    job = stack.manager.job(job_id)
    del job["attempts"], job["children"], job["progress"], job["callback"]
    return job


def newest(stack: Stack, url: str) -> str:
    """The id of the latest job for the URL."""
    ((job_id,),) = stack.query("SELECT id::text FROM jobs WHERE label = %s ORDER BY id DESC LIMIT 1", url)
    return str(job_id)


class TestCount:
    """`wordcount count`."""

    def test_pages_are_waited_for_and_a_table_shows_their_counts_in_the_order_asked(
        self, command: CommandLine, pages: PageServer
    ) -> None:
        many, few = pages.url("/words/1200/cli/many"), pages.url("/words/3/cli/few")
        ended = command.run("count", "--wait", "--word", "word", many, few)
        assert rows(ended) == [
            ["STATUS", "WORDS", "UNIQUE", '"word"', "URL"],
            ["SUCCESS", "1,200", "1", "1,200", many],
            ["SUCCESS", "3", "1", "3", few],
        ]
        assert (ended.status, ended.err) == (0, "2 jobs: 2 SUCCESS\n")

    def test_one_page_that_fails_makes_the_exit_status_1_and_the_table_says_why(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        ended = command.run("count", "--wait", pages.url("/missing"), pages.url("/words/3/cli/beside"))
        error = stack.manager.job(newest(stack, pages.url("/missing")))["error"]
        assert rows(ended) == [
            ["STATUS", "WORDS", "UNIQUE", "URL", "ERROR"],
            ["FAILURE", pages.url("/missing"), *f"{error['title']}: {error['detail']}".split()],
            ["SUCCESS", "3", "1", pages.url("/words/3/cli/beside")],
        ]
        assert (ended.status, ended.err) == (1, "2 jobs: 1 SUCCESS, 1 FAILURE\n")

    def test_without_wait_ids_and_urls_come_at_once_and_can_be_waited_for_later(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        urls = [pages.url(f"/held/cli/later/{index}") for index in range(2)]
        submitted = command.run("count", *urls)
        ids = [line.split()[0] for line in submitted.out.splitlines()]
        assert submitted == Ended(
            status=0, out="".join(f"{i}  {url}\n" for i, url in zip(ids, urls, strict=True)), err=""
        )
        assert [stack.manager.job(job_id)["url"] for job_id in ids] == urls
        pages.release("/held/cli/later/0")
        pages.release("/held/cli/later/1")
        waited = command.run("wait", "-", given=submitted.out)
        assert (waited.status, waited.err) == (0, "2 jobs: 2 SUCCESS\n")

    def test_a_dash_reads_urls_from_standard_input_and_json_is_a_line_for_each_job(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        urls = [pages.url(f"/words/{words}/cli/json") for words in (1, 2, 3)]
        ended = command.run("count", "--wait", "--json", "-", given=f"{urls[0]}\n\n  {urls[1]}\r\n{urls[2]}")
        jobs = objects(ended)
        assert sorted(job["url"] for job in jobs) == urls
        assert jobs == [as_listed(stack, job["id"]) for job in jobs]
        assert (ended.status, ended.err) == (0, "3 jobs: 3 SUCCESS\n")

    def test_a_line_of_json_comes_as_soon_as_its_job_has_ended(self, command: CommandLine, pages: PageServer) -> None:
        held, quick = pages.url("/held/cli/slow"), pages.url("/words/3/cli/quick")
        with command.started("count", "--wait", "--json", held, quick) as counting:
            counting.wait_until_said('"status": "SUCCESS"')
            assert (quick in counting.said, held in counting.said) == (True, False)
            pages.release("/held/cli/slow")
            assert counting.end() == 0

    @pytest.mark.parametrize("options", [[], ["--wait", "--json"]], ids=["submitted", "waited for"])
    def test_results_go_to_a_file_while_a_terminal_shows_progress(
        self, command: CommandLine, pages: PageServer, tmp_path: Path, options: list[str]
    ) -> None:
        file = tmp_path / "results"
        with command.in_terminal("count", *options, pages.url("/words/3/cli/file"), output=file) as counting:
            assert counting.end() == 0
        (line,) = file.read_text().splitlines()
        assert pages.url("/words/3/cli/file") in line
        assert line not in counting.said

    def test_a_list_with_a_wrong_url_is_not_submitted_and_passwords_are_not_shown(
        self, stack: Stack, command: CommandLine
    ) -> None:
        before = stack.jobs()
        ended = command.run("count", "-", given="https://example.com\nftp://me:secret@example.com/\n")
        assert ended == Ended(
            status=2,
            out="",
            err="wordcount: 1 of 2 URLs cannot be counted; nothing was submitted.\n"
            "URL 2 (…@example.com/) must begin with http:// or https://\n",
        )
        assert stack.jobs() == before

    def test_credentials_in_a_url_are_shown_nowhere(self, command: CommandLine, pages: PageServer) -> None:
        url = pages.url("/words/3/cli/credentials")
        ended = command.run("count", "--wait", url.replace("http://", "http://me:secret@"))
        assert rows(ended)[1] == ["SUCCESS", "3", "1", url]

    def test_the_same_submission_again_submits_nothing_twice(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        asked = ("count", "--submission", "once", pages.url("/words/3/cli/once"), pages.url("/words/4/cli/once"))
        first = command.run(*asked)
        accepted = stack.jobs()
        assert (command.run(*asked), first.status, stack.jobs()) == (first, 0, accepted)


class TestWhileWaiting:
    """What comes between a command and the end of its jobs."""

    @pytest.mark.parametrize("jobs", [1, 5])
    def test_ctrl_c_leaves_the_jobs_running_and_the_command_it_prints_comes_back_to_them(
        self, stack: Stack, command: CommandLine, pages: PageServer, jobs: int
    ) -> None:
        quick = pages.url(f"/words/3/cli/interrupted/{jobs}")
        paths = [f"/held/cli/interrupted/{jobs}/{index}" for index in range(jobs)]
        urls = [*([quick] if jobs > 1 else []), *map(pages.url, paths)]
        with command.in_terminal("count", "--wait", *urls) as counting:
            wait_until_held(pages, paths[0])
            counting.wait_until_said("ended ")  # no longer "submitted", which also has numbers
            counting.wait_until_said(f"{len(urls) - jobs}/{len(urls)}")
            counting.process.send_signal(signal.SIGINT)
            assert counting.end() == 130
            counting.wait_until_said("To wait for them again:\n  ")
            *_, said = counting.said.rstrip().rpartition("again:\n  ")
        assert f"{len(urls) - jobs} of {len(urls)} job{'s' if jobs > 1 else ''} ended so far" in counting.said
        assert "Traceback" not in counting.said
        ((going_on,),) = stack.query("SELECT count(*) FROM jobs WHERE finished_at IS NULL AND label = ANY(%s)", urls)
        assert going_on == jobs
        for path in paths:
            pages.release(path)
        ended = command.run_line(said)
        assert [row[-1] for row in rows(ended)[1:]] == urls
        assert (ended.status, ended.err) == (0, f"{len(urls)} job{'s' if jobs > 1 else ''}: {len(urls)} SUCCESS\n")
        assert [pages.requests(path) for path in paths] == [1] * jobs

    def test_a_manager_that_is_killed_and_started_again_does_not_end_the_wait(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        with command.started("count", "--wait", pages.url("/held/cli/killed")) as counting:
            wait_until_held(pages, "/held/cli/killed")
            stack.job_manager.kill()
            counting.wait_until_said(f"{command.server} does not answer; trying again for up to 60 s\n")
            stack.job_manager.restart()
            pages.release("/held/cli/killed")
            assert counting.end() == 0
        assert counting.said.splitlines()[-1] == "1 job: 1 SUCCESS"

    def test_a_submission_waits_for_a_database_that_is_away_and_is_made_once(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        url = pages.url("/words/3/cli/database")
        with command.started("count", "--wait", url) as counting:
            with stack.job_db.paused():
                counting.wait_until_said("; trying again for up to 60 s\n")
            assert counting.end() == 0
        assert stack.query("SELECT count(*) FROM jobs WHERE label = %s", url) == [(1,)]

    def test_elsewhere_than_on_a_terminal_there_are_no_control_codes(
        self, command: CommandLine, pages: PageServer
    ) -> None:
        with command.started("count", "--wait", pages.url("/words/3/cli/plain")) as counting:
            assert counting.end() == 0
        assert not {"\x1b", "\r"} & set(b"".join(counting.written).decode())


class TestJobs:
    """`wordcount jobs`, `show` and `cancel`."""

    def test_jobs_are_listed_newest_first_by_state_url_and_kind(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        url = pages.url("/words/3/cli/listed")
        ids = stack.manager.submit_all([url, url, url])
        assert stack.manager.ended_all(ids, within=30) == [SUCCESS] * 3
        filters = ("--url", url, "--status", "success", "--kind", "count")
        assert rows(command.run("jobs", *filters, "--limit", "2")) == [
            ["ID", "CREATED", "STATUS", "WORDS", "URL"],
            *([job_id, stack.manager.job(job_id)["created_at"], "SUCCESS", "3", url] for job_id in (ids[2], ids[1])),
        ]
        assert objects(command.run("jobs", *filters, "--json")) == [as_listed(stack, i) for i in reversed(ids)]
        assert objects(command.run("jobs", "--url", url, "--status", "FAILURE", "--json")) == []

    def test_a_filter_that_the_manager_refuses_is_reported_on_a_line(self, command: CommandLine) -> None:
        ended = command.run("jobs", "--kind", "nonsense")
        assert (ended.status, ended.out) == (1, "")
        assert ended.err.startswith("wordcount: The request is not valid: kind: must be one of count")
        assert ended.err.count("\n") == 1

    def test_a_job_is_shown_whole(self, stack: Stack, command: CommandLine, pages: PageServer) -> None:
        job_id = stack.manager.submit(pages.url("/words/3/cli/shown"), word="word")
        assert stack.manager.ended(job_id) == SUCCESS
        job = stack.manager.job(job_id)
        assert objects(command.run("show", job_id, "--json")) == [job]
        lines = command.run("show", job_id).out.splitlines()
        assert lines[:4] == [
            f"id:             {job_id}",
            "kind:           count",
            f"url:            {job['url']}",
            "status:         SUCCESS",
        ]
        assert f"attempt 1:      SUCCESS on {job['attempts'][0]['worker']}" in lines
        assert {"words:          3", "top:            word 3", "word:           word 3"} <= set(lines)

    def test_a_failed_job_is_shown_with_its_reason(self, stack: Stack, command: CommandLine, pages: PageServer) -> None:
        job_id = stack.manager.submit(pages.url("/missing"))
        assert stack.manager.ended(job_id).status == "FAILURE"
        ended = command.run("show", job_id)
        assert ended.status == 0
        error = stack.manager.job(job_id)["error"]
        assert f"error:          {error['title']}: {error['detail']}\n" in ended.out

    def test_a_running_job_is_cancelled_and_one_that_has_ended_stays(
        self, stack: Stack, command: CommandLine, pages: PageServer
    ) -> None:
        running = start_held(stack.manager, pages, "/held/cli/cancelled")
        over = stack.manager.submit(pages.url("/words/3/cli/over"))
        assert stack.manager.ended(over) == SUCCESS
        url = pages.url("/held/cli/cancelled")
        assert command.run("cancel", running) == Ended(status=0, out=f"{running}  REVOKED  {url}\n", err="")
        assert stack.manager.ended(running) == Outcome(status="REVOKED", attempts=["REVOKED"])
        lines = f"{over}  SUCCESS  {pages.url('/words/3/cli/over')}\n{UNKNOWN_ID}  unknown\n"
        assert command.run("cancel", over, UNKNOWN_ID) == Ended(status=1, out=lines, err="")

    def test_a_job_that_does_not_exist_is_reported(self, stack: Stack, command: CommandLine) -> None:
        problem = stack.manager.ask("GET", f"/result/{UNKNOWN_ID}").body
        assert command.run("show", UNKNOWN_ID) == Ended(
            status=1, out="", err=f"wordcount: {problem['title']}: {problem['detail']}\n"
        )
        waited = command.run("wait", UNKNOWN_ID)
        assert (waited.status, waited.err) == (1, "1 job: 1 unknown\n")
        assert waited.out.splitlines()[1].split(maxsplit=2) == [
            "unknown",
            UNKNOWN_ID,
            "No such job: It was never accepted here, or its result has been deleted.",
        ]


def test_a_server_that_is_not_there_is_reported_with_what_to_do(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    ended = CommandLine(server=f"http://{LOOPBACK}:{port}", home=tmp_path).run("count", "https://example.com")
    assert ended == Ended(
        status=1,
        out="",
        err=f"wordcount: Nothing answers at http://{LOOPBACK}:{port} (Connection refused).\n"
        "Start the stack (`make up` or `docker compose up`), or pass the manager's address with --server or in "
        "WORDCOUNT_SERVER.\n",
    )
