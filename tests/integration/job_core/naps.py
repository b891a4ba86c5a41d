"""A service whose jobs sleep."""

import os
import time

from pydantic import BaseModel

from job_core import CoreConfig, JobCore

MIN_CONCURRENCY, CONCURRENCY = 2, 6

core = JobCore(
    "naps",
    config=lambda: CoreConfig(
        broker_url=os.environ["CELERY_BROKER_URL"],
        database_url=os.environ["DATABASE_URL"],
        worker_min_concurrency=MIN_CONCURRENCY,
        worker_concurrency=CONCURRENCY,
    ),
)
app = core.app


class Nap(BaseModel):
    """How long the job sleeps."""

    seconds: float


@core.task()
def nap(request: Nap) -> dict[str, float]:
    """Sleep for so long."""
    time.sleep(request.seconds)
    return {"slept": request.seconds}
