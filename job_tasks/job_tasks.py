"""The tasks. Start reading here.

A task is a function. The manager puts its name and a job's id into the queue; a worker takes them out and calls the
function with the caller's request, and the mapping that it returns becomes the job's result in the database. After a
transient error the job is tried again later; any other error ends it, with the reason on it.
"""

from job_core.core import JobCore
from job_tasks.count import CountRequest, CountResult, count_summary, count_words
from job_tasks.settings import core_config

core = JobCore("job_tasks", config=core_config)  # core.app is the Celery app; job_worker/worker.py runs it


@core.task(summary=count_summary)
def count(request: CountRequest) -> CountResult:
    """Count the words that a person reads on a page."""
    from job_tasks.fetching import fetch_page  # noqa: PLC0415 - only workers can fetch and parse

    return count_words(fetch_page(request.url), request)
