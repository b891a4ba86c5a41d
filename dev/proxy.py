"""A TCP proxy that can be cut: bytes then vanish in silence, as on a network that is down. And it can be slow."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from embedded.ports import LOOPBACK

CHUNK = 65_536
LOOK_SECONDS = 0.01


class Proxy:
    """Forwards connections from `port`, by `tls` if given, to the server at `target`, in a thread of its own."""

    def __init__(self, port: int, target: int, *, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self._tls = tls
        self.late_seconds = 0.0  # by which each piece of what the server says comes late
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="proxy", daemon=True)
        self._thread.start()
        self._started.wait()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Nothing passes during the block. Afterwards, older connections are gone, as when an address has changed."""
        self._loop.call_soon_threadsafe(self._joined.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._join)

    def close(self) -> None:
        """End every connection, and accept no more."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._joined, self._closing = asyncio.Event(), asyncio.Event()
        self._joined.set()
        server = await asyncio.start_server(self._serve, LOOPBACK, self.port, ssl=self._tls)
        self._started.set()
        await self._closing.wait()
        server.close()
        while self._open:
            self._join()
            await asyncio.sleep(LOOK_SECONDS)

    def _join(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._joined.set()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        await self._joined.wait()
        self._open.add(to_client)
        try:
            server, to_server = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            to_client.transport.abort()
            self._open.discard(to_client)
            return
        self._open.add(to_server)
        try:
            await asyncio.gather(self._pass_on(client, to_server), self._pass_on(server, to_client, is_late=True))
        finally:
            self._open -= {to_client, to_server}

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_late: bool = False
    ) -> None:
        with suppress(OSError):
            while chunk := await source.read(CHUNK):
                await self._joined.wait()
                await asyncio.sleep(self.late_seconds if is_late else 0)
                sink.write(chunk)
                await sink.drain()
        # A connection that ends on one side ends on the other, but not across a cut.
        await self._joined.wait()
        sink.transport.abort()
