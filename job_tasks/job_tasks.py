"""The tasks, and the Celery app that runs them. Start reading here.

A task is a function. The manager puts its name and a job's id into the queue; a worker takes them out, calls the
function with what the caller asked for, and what the function gives becomes the job's result in the database. An error
that may pass is tried again later; any other ends the job, with the reason on it.
"""

from typing import Literal

from celery import Celery
from pydantic import Field

from job_core.worker.attempt import job_task
from job_tasks.count_result import CountResult
from job_tasks.page_request import PageRequest

app = Celery("job_tasks", config_source="job_tasks.celeryconfig")
app.backend_cls = "disabled"  # else CELERY_RESULT_BACKEND, which names the jobs' database, would be Celery's own too


class CountRequest(PageRequest):
    """What `POST /count` takes, besides the URL."""

    word: str | None = Field(default=None, min_length=1, max_length=100, description="one word to count by itself")
    top: int = Field(default=25, ge=0, le=1_000, description="how many of the most frequent words to list")
    tokenizer: Literal["words", "treebank"] = Field(default="words", description="how text is cut into words")


@job_task(app)
def count(request: CountRequest) -> CountResult:
    """Count the words that a person reads on a page."""
    from job_tasks.work import count_words, fetch_page  # noqa: PLC0415 - only workers hold a parser

    page = fetch_page(request.url)
    return count_words(page, word=request.word, top=request.top, tokenizer=request.tokenizer)
