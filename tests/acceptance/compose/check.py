"""Submits a job to the stack that `docker compose up` has started, and waits for its end.

Containers reach no page of this machine by default, so the page is one that must be refused: the job still goes all the
way, from the manager through broker and worker to the row. `python -m tests.acceptance.compose.check`.
"""

import json
import os
import urllib.request
from typing import Any

MANAGER = f"http://127.0.0.1:{os.environ.get('MANAGER_PORT') or 5050}"
SECONDS = 40


def ask(path: str, form: str | None = None) -> dict[str, Any]:
    """The manager's answer, as JSON."""
    body = None if form is None else form.encode()
    with urllib.request.urlopen(f"{MANAGER}{path}", body, timeout=SECONDS) as answer:
        return dict(json.load(answer))


def main() -> None:
    """End with an error unless the job ends as it must."""
    job = ask("/count", "url=http://127.0.0.1/")
    ended = ask(f"/result/{job['id']}?wait=30")
    print(f"job {ended['id']}: {ended['status']}, {ended['error']}")  # noqa: T201 - for the reader of the run
    assert (ended["status"], ended["error"]["type"]) == ("FAILURE", "address-refused"), ended
    assert [attempt["outcome"] for attempt in ended["attempts"]] == ["FAILURE"], ended


if __name__ == "__main__":
    main()
