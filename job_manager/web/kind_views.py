"""How the page shows jobs of each kind. A kind that is not here shows its result as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from job_core.job import JsonObject
from job_manager.web.count_view import count_values
from job_tasks.job_tasks import count


@dataclass(frozen=True, kw_only=True)
class KindView:
    """What is shown of a job that succeeded.

    `template` shows the result. It gets the `job`, and what `values` makes of the result and the page's query string.
    """

    template: str = "result.html"
    values: Callable[[JsonObject, Mapping[str, str]], JsonObject] = lambda _result, _query: {}
    again: str = "Run again"  # on the button that submits the same request


VIEWS = {count.name: KindView(template="count.html", values=count_values, again="Count again")}


def view_of(kind: str) -> KindView:
    """The view of a kind, by its name."""
    return VIEWS.get(kind, KindView())
