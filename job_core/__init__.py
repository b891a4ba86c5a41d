"""Durable jobs on Celery, Redis and PostgreSQL: what is accepted is done, once, whatever dies meanwhile.

Knows no URL, no page and no word: lift it out. `job_core/examples/` holds a whole service.
"""

import sys

# structlog loads rich where it finds it, for the traces that we format otherwise: 4 MB and a tenth of a process' start.
if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog

    del sys.modules["rich"], structlog

from job_core.config import CoreConfig, Limits, RetryPolicy
from job_core.core import JobCore
from job_core.errors import ClientError, CoreError, PermanentError, TransientError
from job_core.job import Job, NewJob, State
from job_core.kinds import EndedChild, FanOut, GoOn, Kind, RunningJob

__all__ = [
    "ClientError",
    "CoreConfig",
    "CoreError",
    "EndedChild",
    "FanOut",
    "GoOn",
    "Job",
    "JobCore",
    "Kind",
    "Limits",
    "NewJob",
    "PermanentError",
    "RetryPolicy",
    "RunningJob",
    "State",
    "TransientError",
]
