"""Who submits the jobs, in the environment of the system under test: `python -m dev.bench.peers.caller MODULE|PORT`.

MODULE has `submit(url)` and perhaps `submit_batch(urls)`, which return the keys of the jobs; behind PORT is a manager.
Each line of standard input is an order, and is answered by a line: the seconds that it took, those of the processor,
and when each job was submitted.
"""

import http.client
import importlib
import json
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BATCH = 1_000


class Manager:
    """A manager by HTTP, over a connection that each thread keeps."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._thread = threading.local()

    def submit(self, url: str) -> str:
        return str(self._post({"url": url})["id"])

    def submit_batch(self, urls: Sequence[str]) -> Sequence[str]:
        return [job["id"] for job in self._post({"urls": urls})["jobs"]]

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        if not hasattr(self._thread, "connection"):
            self._thread.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection: http.client.HTTPConnection = self._thread.connection
        connection.request("POST", "/count", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        if response.status != http.HTTPStatus.ACCEPTED:
            raise SystemExit(f"refused with {response.status}: {content.decode()}")
        accepted: dict[str, Any] = json.loads(content)
        return accepted


def carry_out(system: Any, urls: Sequence[str], *, batch: bool, rate: float, callers: int) -> dict[str, Any]:  # noqa: ANN401 - a module or a Manager
    """Submit `urls`, one by one or in batches; with a rate above 0, so many a second."""
    sent: dict[str, float] = {}
    seconds, processor, began = time.perf_counter(), time.process_time(), time.time()
    orders = [urls[first : first + BATCH] for first in range(0, len(urls), BATCH)] if batch else [[url] for url in urls]

    def call(first: int) -> None:
        for number in range(first, len(orders), callers):
            if rate:
                time.sleep(max(0.0, began + number / rate - time.time()))
            now = time.time()
            keys = system.submit_batch(orders[number]) if batch else [system.submit(orders[number][0])]
            sent.update(dict.fromkeys(keys, now))

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(call, range(callers)))  # raises what one of them raised
    return {"seconds": time.perf_counter() - seconds, "processor": time.process_time() - processor, "sent": sent}


def main(where: str) -> None:
    system = Manager(int(where)) if where.isdecimal() else importlib.import_module(where)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(carry_out(system, **json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
