"""Sites for `make bench-crawl`: the same pages on each of some loopback addresses, each of which is a host of its own.

A page is of real size, some 22 KB with 50 links. Run as a process, so that its processor time counts for nobody; it
prints its port, and serves until its input ends.
"""

import asyncio
import sys
from functools import lru_cache
from random import Random

LINKS = 50
CHILDREN = 24  # of the links of a page; the others lead anywhere
PARAGRAPHS = 37
WORDS_A_PARAGRAPH = 70
TEXTS = 64  # each on many pages, with a paragraph of the page's own before it
VOCABULARY = 6_000
SYLLABLES = "ba ce di fo gu ha ke li mo nu pa re si to vu wa ye zo".split()
BACKLOG = 512


def host(number: int) -> str:
    """The address of a site."""
    return f"127.0.0.{1 + number}"


def word(number: int) -> str:
    """A word for a number; it holds no digit, so that pages do not look as if a site made them up by counting."""
    name = ""
    number += len(SYLLABLES)
    while number:
        number, syllable = divmod(number, len(SYLLABLES))
        name += SYLLABLES[syllable]
    return name


def path(number: int) -> str:
    """The path of a page."""
    return f"/articles/{word(number)}"


@lru_cache
def _text(number: int) -> str:
    chance = Random(number)  # noqa: S311 - pages to measure by
    paragraphs = (
        " ".join(word(int(VOCABULARY ** chance.random())) for _ in range(WORDS_A_PARAGRAPH)) for _ in range(PARAGRAPHS)
    )
    return "".join(f'<section class="part"><h2>Part</h2><p class="text">{text}.</p></section>' for text in paragraphs)


def page(number: int, size: int) -> bytes:
    """A page of a site of `size` pages: every page can be reached from the first."""
    chance = Random(number)  # noqa: S311 - pages to measure by
    children = range(CHILDREN * number + 1, CHILDREN * number + 1 + CHILDREN)
    linked = [child for child in children if child < size]
    linked += chance.sample(range(size), min(LINKS - len(linked), size))
    links = "".join(
        f'<li class="menu-item"><a class="link" href="{path(each)}">About {word(each)}</a></li>' for each in linked
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{word(number)}</title></head><body>'
        f'<nav><ul class="menu">{links}</ul></nav><main><p>This page is about {word(number)}.</p>'
        f"{_text(number % TEXTS)}</main></body></html>"
    ).encode()


class _Answers(asyncio.Protocol):
    def __init__(self, numbers: dict[bytes, int], latency: float) -> None:
        self._numbers = numbers
        self._latency = latency
        self._asked = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while (end := self._asked.find(b"\r\n\r\n")) >= 0:
            asked, self._asked = self._asked[:end], self._asked[end + 4 :]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._answer, asked)
            else:
                self._answer(asked)

    def _answer(self, asked: bytes) -> None:
        number = self._numbers.get(asked.split(b" ", 2)[1])
        body = b"no such page" if number is None else page(number, len(self._numbers))
        status = "404 Not Found" if number is None else "200 OK"
        closes = b"connection: close" in asked.lower()
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        end = "Connection: close\r\n\r\n" if closes else "\r\n"
        self._transport.write(f"{head}{end}".encode() + body)
        if closes:
            self._transport.close()


async def _serve(hosts: int, size: int, latency: float) -> None:
    numbers = {path(number).encode(): number for number in range(size)}
    loop, port = asyncio.get_running_loop(), 0
    for number in range(hosts):
        server = await loop.create_server(lambda: _Answers(numbers, latency), host(number), port, backlog=BACKLOG)
        port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
