"""`wordcount crawl` against the whole stack, on a site with known answers."""

import json
import signal
from pathlib import Path

import pytest

from dev.crawl_site import CrawlSite
from dev.stack import Stack
from embedded.ports import LOOPBACK
from tests.acceptance.command_line import CommandLine
from tests.acceptance.test_crawl import site

__all__ = ["site"]  # a fixture


@pytest.fixture
def command(stack: Stack, tmp_path: Path) -> CommandLine:
    return CommandLine(server=f"http://{LOOPBACK}:{stack.manager.port}", home=tmp_path)


def test_a_crawl_is_waited_for_and_shown(stack: Stack, command: CommandLine, site: CrawlSite) -> None:
    ended = command.run(
        "crawl", "--wait", "--word", "Pear", "--max-pages", "50", "--max-depth", "2", "--scope", "host", site.origin
    )
    heading, row = (line.split() for line in ended.out.splitlines())
    assert (heading, row[0], row[-1]) == (["STATUS", "WORDS", "UNIQUE", '"Pear"', "URL"], "SUCCESS", site.origin)
    outcomes, pages, words = ended.err.splitlines()
    assert (ended.status, outcomes.endswith("; max-depth")) == (0, True)
    crawl_id = words.split()[-1]
    job = stack.manager.job(crawl_id)
    asked = {"word": "Pear", "max_pages": 50, "max_depth": 2, "scope": "host"}
    assert job["request"].items() >= asked.items()
    assert row[1:4] == [f"{job['result'][name]:,}" for name in ("words", "unique_words")] + [
        f"{job['result']['word']['count']:,}"
    ]
    assert outcomes.startswith(f"{sum(job['result']['outcomes'].values())} URLs: ")
    assert pages == f"  wordcount crawl --pages {crawl_id}"


def test_a_start_that_cannot_be_read_makes_the_exit_status_1(command: CommandLine, site: CrawlSite) -> None:
    ended = command.run("crawl", "--wait", "--json", f"{site.origin}/missing")
    assert (ended.status, json.loads(ended.out)["error"]["type"]) == (1, "page-refused")


def test_without_wait_the_id_comes_at_once(stack: Stack, command: CommandLine, site: CrawlSite) -> None:
    crawl_id, url = command.run("crawl", site.origin).out.split()
    assert (stack.manager.job(crawl_id)["kind"], url) == ("crawl", site.origin)
    assert stack.manager.ended_job(crawl_id, within=60)["status"] == "SUCCESS"
    assert command.run("crawl", "--words", crawl_id, "--word", "old").err == "old: 1 on 1 page\n"


def test_a_terminal_shows_how_far_it_is_and_ctrl_c_leaves_the_crawl_running(
    command: CommandLine, site: CrawlSite
) -> None:
    held = site.hold("/deep/2")
    with command.in_terminal("crawl", "--wait", site.origin) as crawling:
        crawling.wait_until_said("pages/s, ")
        crawling.process.send_signal(signal.SIGINT)
        assert crawling.end() == 130
        crawling.wait_until_said("To wait for them again:\n  ")
        *_, said = crawling.said.rstrip().rpartition("again:\n  ")
    assert "Traceback" not in crawling.said
    held.set()
    ended = command.run_line(said)
    assert (ended.status, ended.err) == (0, "1 job: 1 SUCCESS\n")
