"""The worker of `naps`, for a process of its own: it ends the children that it does not need as soon as it can."""

from job_core.worker import pool_size
from job_core.worker.program import install_worker
from tests.integration.job_core.naps import core

app = core.app
install_worker(core)
pool_size.REST_SECONDS = 0.0
