import pickle

import pytest
from billiard.einfo import ExceptionInfo
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.exceptions import Ignore, Retry

from job_core.errors import DatabaseUnavailable, TransientError
from job_core.worker.request import error_of

ERRORS = [
    DatabaseUnavailable("away"),
    TransientError("slow", type="fetch-timed-out"),
    Ignore(),
    Retry("waits for room at its host"),
    Retry("waits", exc=TransientError("slow", type="fetch-timed-out"), when=2.0),
    TimeLimitExceeded(90),
    WorkerLostError("killed"),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("from_child", [False, True])
def test_what_a_child_raised_is_known_by_its_type(error: Exception, from_child: bool) -> None:  # noqa: FBT001 - a parameter of the table
    try:
        raise error  # noqa: TRY301 - an ExceptionInfo is made of what was raised
    except Exception:  # noqa: BLE001 - whatever it is
        info = ExceptionInfo()
    carried = pickle.loads(pickle.dumps(info)) if from_child else info
    assert type(error_of(carried)) is type(error)
