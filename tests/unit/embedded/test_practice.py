"""The practice site does what its table says, and its library holds what it says."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from time import monotonic

import pytest
import requests

from dev.waiting import eventually
from embedded.ports import LOOPBACK, free_ports, is_free
from embedded.practice.serve import LIBRARY_PAGES, library_page
from embedded.services import PRACTICE
from page_read.page import read_page
from page_read.words import frequencies


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Where the site is, run as its container runs it."""
    (port,) = free_ports(1)
    command = (sys.executable, "-I", "-S", str(PRACTICE / "serve.py"), LOOPBACK, str(port))
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        eventually(lambda: not is_free(port), "the site listens", seconds=30)
        yield f"http://{LOOPBACK}:{port}"
        server.kill()


def words(html: str) -> Counter[str]:
    return frequencies(read_page(html.encode(), "text/html").text, "words")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/demo_page.html", 200),
        ("/bakery/", 200),
        ("/bakery/rail.html?from=oven", 200),
        ("/bakery/cellar.html", 404),
        ("/library/", 200),
        ("/library/60", 200),
        ("/library/61", 404),
        ("/library/0", 404),
        ("/failing", 500),
        ("/moved", 302),
        ("/serve.py", 404),
        ("/../serve.py", 404),
        ("/order/1?seconds=soon", 200),
    ],
)
def test_a_page_answers_as_the_table_says(site: str, path: str, status: int) -> None:
    assert requests.get(f"{site}{path}", allow_redirects=False, timeout=30).status_code == status


def test_a_busy_page_comes_after_two_refusals_and_again_and_each_name_has_its_own(site: str) -> None:
    def answers(host: str) -> list[tuple[int, str | None]]:
        got = [requests.get(f"{site}/busy", headers={"Host": host}, timeout=30) for _ in range(6)]
        return [(answer.status_code, answer.headers.get("Retry-After")) for answer in got]

    assert answers("practice.test") == answers("s01.practice.test") == [(503, "2"), (503, "2"), (200, None)] * 2


def test_an_order_has_a_hundred_words_and_takes_its_time(site: str) -> None:
    begun = monotonic()
    answer = requests.get(f"{site}/order/1?seconds=0.3", timeout=30)
    assert monotonic() - begun >= 0.3
    assert words(answer.text)["word"] == 100


def test_a_hanging_page_sends_nothing(site: str) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{site}/hanging", timeout=0.5)


@pytest.mark.parametrize("page", ["long", "endless"])
def test_a_page_comes_word_by_word(site: str, page: str) -> None:
    begun = monotonic()
    with requests.get(f"{site}/{page}", stream=True, timeout=30) as answer:
        pieces = answer.iter_content(chunk_size=5)
        assert [next(pieces) for _ in range(4)] == [b"word "] * 4
    assert monotonic() - begun >= 0.6


def test_the_library_is_of_sixty_pages_that_can_all_be_reached_from_the_first() -> None:
    reached, new = {1}, [1]
    while new:
        found = {int(number) for number in re.findall(r"/library/(\d+)", library_page(new.pop()))}
        new += found - reached
        reached |= found
    assert reached == set(range(1, LIBRARY_PAGES + 1))


def test_the_library_has_the_words_and_quotes_that_it_says() -> None:
    pages = [library_page(number) for number in range(1, LIBRARY_PAGES + 1)]
    queues = [words(page)["queue"] for page in pages]
    assert (sum(queues), sum(map(bool, queues))) == (90, 45)
    quotes = Counter(quote for page in pages for quote in re.findall(r"<blockquote>.*?</blockquote>", page, re.DOTALL))
    assert list(quotes.values()) == [6] * 10


def test_the_list_for_a_surge_is_of_eight_pages_on_each_of_25_sites() -> None:
    urls = (PRACTICE / "surge.txt").read_text(encoding="utf-8").split()
    hosts = Counter(url.split("/")[2] for url in urls)
    assert (len(set(urls)), set(hosts.values()), len(hosts)) == (200, {8}, 25)
