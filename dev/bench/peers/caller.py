"""Submits jobs, in the environment of the system under test: `python -m dev.bench.peers.caller MODULE|PORT`.

MODULE has `submit(urls)`, which returns the keys of the jobs; on PORT a manager listens. Each line of standard input is
a list of submissions, and is answered by a line: seconds, those of the processor, and when each job was submitted.
"""

import http.client
import importlib
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Submit = Callable[[Sequence[str]], Sequence[str]]


def submit_over_http(port: int) -> Submit:
    """To a manager, over a connection that each thread keeps: several URLs as a batch."""
    thread = threading.local()

    def submit(urls: Sequence[str]) -> Sequence[str]:
        if not hasattr(thread, "connection"):
            thread.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = json.dumps({"url": urls[0]} if len(urls) == 1 else {"urls": urls})
        thread.connection.request("POST", "/count", body, {"Content-Type": "application/json"})
        response = thread.connection.getresponse()
        content = json.loads(response.read())
        if response.status != http.HTTPStatus.ACCEPTED:
            raise SystemExit(f"refused: {content}")
        return [job["id"] for job in content.get("jobs", [content])]

    return submit


def carry_out(submit: Submit, submissions: Sequence[Sequence[str]], *, rate: float, callers: int) -> dict[str, Any]:
    """Submit all; with a `rate`, so many a second."""
    sent: dict[str, float] = {}
    seconds, processor, began = time.perf_counter(), time.process_time(), time.time()

    def call(first: int) -> None:
        for number in range(first, len(submissions), callers):
            if rate:
                time.sleep(max(0.0, began + number / rate - time.time()))
            now = time.time()
            sent.update(dict.fromkeys(submit(submissions[number]), now))

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(call, range(callers)))  # raises what one of them raised
    return {"seconds": time.perf_counter() - seconds, "processor": time.process_time() - processor, "sent": sent}


def main(where: str) -> None:
    submit = submit_over_http(int(where)) if where.isdecimal() else importlib.import_module(where).submit
    for line in sys.stdin:
        sys.stdout.write(json.dumps(carry_out(submit, **json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
