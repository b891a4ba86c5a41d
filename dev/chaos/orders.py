"""Asking the manager, and writing down what was asked and told."""

from http import HTTPStatus

from dev.chaos.caller import Answer, Asked, Caller, Unanswered
from dev.chaos.checks import Breach, Kind
from dev.chaos.journal import Journal, Order


def order_of(urls: tuple[str, ...], *, batch: bool = False, key: str | None, max_attempts: int = 5) -> Order:
    """An order for these pages."""
    body = ({"urls": urls} if batch else {"url": urls[0]}) | {"max_attempts": max_attempts}
    return Order(asked=Asked(method="POST", path="/count", body=body, key=key), urls=urls)


class Orders:
    """A caller who writes down what it asks and is told."""

    def __init__(self, caller: Caller, journal: Journal) -> None:
        self._caller = caller
        self._journal = journal

    def order(self, order: Order) -> bool:
        """Ask for it; gives whether it was accepted."""
        answer = self._ask(order.asked, {HTTPStatus.ACCEPTED})
        if answer is None:
            self._journal.unanswered(order)
        elif answer.status == HTTPStatus.ACCEPTED:
            self._journal.accepted(order, answer.job_ids())
            return True
        return False

    def retry(self, job_id: str, key: str | None) -> None:
        """Order the same once more, if the job has ended."""
        asked = Asked(method="POST", path=f"/result/{job_id}/retry", key=key)
        answer = self._ask(asked, {HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT})
        order = Order(asked=asked, urls=(self._journal.url_of(job_id),), retry_of=job_id)
        if answer is None:
            self._journal.unanswered(order)
        elif answer.status == HTTPStatus.ACCEPTED:
            self._journal.accepted(order, answer.job_ids())

    def cancel(self, job_id: str) -> None:
        """Cancel the job."""
        self._journal.cancelling(job_id)
        self._see(self._ask(Asked(method="DELETE", path=f"/result/{job_id}"), {HTTPStatus.OK}))

    def look(self, job_id: str) -> None:
        """See how the job is."""
        self._see(self._ask(Asked(method="GET", path=f"/result/{job_id}"), {HTTPStatus.OK}))

    def _see(self, answer: Answer | None) -> None:
        if answer is not None and answer.status == HTTPStatus.OK:
            self._journal.saw(answer.body["id"], answer.body["status"])

    def _ask(self, asked: Asked, wanted: set[HTTPStatus]) -> Answer | None:
        """None where the caller is to try again later: 503, or no answer at all."""
        try:
            answer = self._caller.ask(asked)
        except Unanswered:
            return None
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return None
        if answer.status not in wanted:
            detail = f"{asked.method} {asked.path}: {answer.status.value} {answer.body}"
            self._journal.breach(Breach(kind=Kind.ANSWER, detail=detail))
        return answer
