"""The tasks. Start reading here.

A task is a function. The manager puts its name and a job's id into the queue; a worker takes them out and calls the
function with the caller's request, and the mapping that it returns becomes the job's result in the database. After a
transient error the job is tried again later; any other error ends it, with the reason on it.
"""

from collections.abc import Iterator

from job_core import EndedChild, FanOut, GoOn, JobCore, RunningJob
from job_core.job import JsonObject
from job_tasks.count import CountRequest, CountResult, count_summary, count_words
from job_tasks.crawl import (
    CrawlRequest,
    CrawlResult,
    CrawlWordsRequest,
    crawl_progress,
    crawl_summary,
    next_crawl_round,
    put_words_together,
)
from job_tasks.quotes import QuotesRequest, QuotesResult, next_quotes_round, quotes_progress, quotes_summary
from job_tasks.settings import core_config
from job_tasks.site import LaneRequest

core = JobCore("job_tasks", config=core_config)  # core.app is the Celery app; job_worker/worker.py runs it


@core.task(summary=count_summary)
def count(request: CountRequest) -> CountResult:
    """Count the words that a person reads on a page."""
    from job_tasks.fetching import fetch_page  # noqa: PLC0415 - only workers can fetch and parse

    return count_words(fetch_page(request.url), request)


@core.task(is_offered=False, max_attempts=100)
def crawl_lane(request: LaneRequest, job: RunningJob) -> JsonObject | GoOn:
    """Read one page of a host after the other, for a crawl."""
    from job_tasks.crawl_lane import read_pages  # noqa: PLC0415 - only workers can fetch and parse

    return read_pages(request, job)


def crawl_on(request: CrawlRequest, _lanes: Iterator[EndedChild], job: RunningJob) -> CrawlResult | FanOut | GoOn:
    """Go on with a crawl whose lanes have ended."""
    return next_crawl_round(request, job, crawl_lane)


@core.task(
    join=crawl_on,
    summary=crawl_summary,
    progress=crawl_progress,
    soft_time_limit_seconds=600,
    hard_time_limit_seconds=630,
)
def crawl(request: CrawlRequest, job: RunningJob) -> CrawlResult | FanOut | GoOn:
    """Count the words of a whole site."""
    return next_crawl_round(request, job, crawl_lane)


@core.task(is_offered=False, max_attempts=100, soft_time_limit_seconds=600, hard_time_limit_seconds=630)
def crawl_words(request: CrawlWordsRequest, job: RunningJob) -> JsonObject:
    """Put the words of a crawl together that was cancelled, or failed, since somebody asks for them."""
    return put_words_together(request, job)


def find_on(request: QuotesRequest, _lanes: Iterator[EndedChild], job: RunningJob) -> QuotesResult | FanOut | GoOn:
    """Go on with a search for quotes whose lanes have ended."""
    return next_quotes_round(request, job, crawl_lane)


@core.task(join=find_on, summary=quotes_summary, progress=quotes_progress)
def quotes(request: QuotesRequest, job: RunningJob) -> QuotesResult | FanOut | GoOn:
    """Find the quotes of a page, or of a whole site."""
    return next_quotes_round(request, job, crawl_lane)
