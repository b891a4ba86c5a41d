"""How the page shows jobs of each kind. A kind that is not here shows its result, and its progress, as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from job_core.job import JsonObject
from job_core.store.read import WholeJob
from job_manager.web.count_view import count_values
from job_manager.web.crawl_view import crawl_values
from job_manager.web.quote_view import found_values
from job_tasks.job_tasks import count, crawl, quotes


@dataclass(frozen=True, kw_only=True)
class KindView:
    """What is shown of a job that succeeded, and of one that says how far it is.

    `template` shows the result or the progress. It gets the `job`, its `progress`, and what `values` makes of the job
    and the page's query string.
    """

    template: str = "result.html"
    values: Callable[[WholeJob, Mapping[str, str]], JsonObject] = lambda _whole, _query: {}
    again: str = "Run again"  # on the button that submits the same request
    underway: str | None = None  # a sentence for a job that says how far it is, in place of those about its attempts


VIEWS = {
    count.name: KindView(template="count.html", values=count_values, again="Count again"),
    crawl.name: KindView(
        template="crawl.html", values=crawl_values, again="Crawl again", underway="The site is being read"
    ),
    quotes.name: KindView(
        template="found_quotes.html", values=found_values, again="Look again", underway="The site is being read"
    ),
}


def view_of(kind: str) -> KindView:
    """The view of a kind, by its name."""
    return VIEWS.get(kind, KindView())
