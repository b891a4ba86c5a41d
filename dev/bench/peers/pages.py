"""Serves the pages of the corpus on loopback, each on a host of its own, as on the web."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Thread

from dev.bench.corpus import CorpusPage

HOSTS_A_NETWORK = 250
BACKLOG = 512


def host(number: int) -> str:
    """The loopback address of a page."""
    return f"127.0.{1 + number // HOSTS_A_NETWORK}.{1 + number % HOSTS_A_NETWORK}"


@contextmanager
def served_pages(pages: Sequence[CorpusPage]) -> Iterator[int]:
    """Serve each page under every path of its host, in a thread; yields the port, which is the same on all hosts."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_serve(pages), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _serve(pages: Sequence[CorpusPage]) -> int:
    port = 0
    for number, page in enumerate(pages):
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {page.content_type}\r\nContent-Length: {len(page.body)}\r\n\r\n"
        server = await asyncio.start_server(
            partial(_answer, head.encode() + page.body), host(number), port, backlog=BACKLOG
        )
        port = server.sockets[0].getsockname()[1]
    return port


async def _answer(page: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(page)
            await writer.drain()
    writer.close()
