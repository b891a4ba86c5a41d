"""A way between two that can be cut: then bytes are swallowed in silence, as by a network that is down."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from embedded.ports import LOOPBACK

CHUNK = 65_536


class Proxy:
    """Passes on what comes to `port`, to the server at `target`. Runs in a thread of its own."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._joined = asyncio.Event()
        self._joined.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, LOOPBACK, port), self._loop).result()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Nothing passes meanwhile. Connections of before are gone afterwards, as when an address has changed."""
        self._loop.call_soon_threadsafe(self._joined.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._join)

    def close(self) -> None:
        """Pass on nothing any more."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

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
            await asyncio.gather(self._pass_on(client, to_server), self._pass_on(server, to_client))
        finally:
            self._open -= {to_client, to_server}

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(CHUNK):
                await self._joined.wait()
                sink.write(chunk)
                await sink.drain()
        # What ends on one side ends on the other, but not across a cut.
        await self._joined.wait()
        sink.transport.abort()
