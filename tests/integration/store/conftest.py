"""The broker beside the job store."""

import pytest

from embedded.servers import Servers
from job_core.queue import Broker
from job_tasks.job_tasks import app


@pytest.fixture
def broker(servers: Servers) -> Broker:
    return Broker(app, servers.broker.url, timeout_seconds=2.0)
