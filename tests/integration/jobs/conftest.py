"""The broker beside the job store."""

from collections.abc import Iterator

import pytest

from embedded.servers import RunningServers
from job_tasks.broker import Broker
from job_tasks.job_tasks import app
from tests.integration.queue import Queue


@pytest.fixture
def broker(servers: RunningServers) -> Broker:
    return Broker(app, servers.broker_url, timeout_seconds=2.0)


@pytest.fixture
def queue(servers: RunningServers) -> Iterator[Queue]:
    with Queue.at(servers.broker_url) as queue:
        yield queue
