"""What the manager counts of its answers."""

from job_core.metrics import Figures, counting

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
OTHER_METHOD = "other"  # a caller may send any, and each would be a series of its own


class AnswerFigures(Figures):
    """The figures of answers."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = self.counter("http_requests", "Answers of the manager.", "method", "route", "status")


def count_answer(method: str, route: str, status: int) -> None:
    """The manager answered a request; `route` is the rule that matched, never the path."""
    with counting(AnswerFigures) as figures:
        figures.requests.labels(method if method in METHODS else OTHER_METHOD, route, str(status)).inc()
