"""What the demo asks of the manager over HTTP."""

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded.errors import StackError
from embedded.ports import LOOPBACK

ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
LONG_POLL_SECONDS = 1
LOOKS_WITHOUT_DATABASE = 30  # each a second or more after the one before
ANSWER_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class WordCount:
    """The part of a result that the demo shows. `top` pairs the most frequent words with their counts."""

    words: int
    unique_words: int
    top: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class ManagerClient:
    """The manager on a loopback port."""

    port: int

    def submit(self, url: str, *, top: int) -> str:
        """Order the count of a page; gives the job's id, or raises StackError with what the manager says."""
        status, answer = self._ask("POST", "/count", {"url": url, "top": top})
        if status != http.HTTPStatus.ACCEPTED:
            raise StackError(f"the manager refused {url}: {_explain(answer)}")
        return str(answer["id"])

    def wait(self, job_id: str, *, on_state: Callable[[str], None], between: Callable[[], None]) -> WordCount:
        """The result once the job has ended well; raises StackError with its reason otherwise.

        `on_state` is told each new state, `between` runs before each look and ends the wait by raising. A database that
        is away for a while is waited for.
        """
        state, patience = "", LOOKS_WITHOUT_DATABASE
        while state not in ENDED:
            between()
            status, answer = self._ask("GET", f"/result/{job_id}?wait={LONG_POLL_SECONDS}")
            if status == http.HTTPStatus.SERVICE_UNAVAILABLE and patience:
                patience -= 1
                time.sleep(LONG_POLL_SECONDS)
                continue
            if status != http.HTTPStatus.OK:
                raise StackError(f"the manager tells nothing of job {job_id}: {_explain(answer)}")
            if answer["status"] != state:
                state = answer["status"]
                on_state(state)
        if state != "SUCCESS":
            raise StackError(f"the page was not counted: {_explain(answer['error'] or {'title': state})}")
        result = answer["result"]
        return WordCount(
            words=result["words"],
            unique_words=result["unique_words"],
            top=tuple((word, count) for word, count in result["top"]),
        )

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise StackError(f"the manager did not answer {method} {path}: {error}") from error
        finally:
            connection.close()


def _explain(problem: dict[str, Any]) -> str:
    return ": ".join(str(problem[key]) for key in ("title", "detail") if problem.get(key))
