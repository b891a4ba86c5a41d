"""The store of quotes on the real database."""

import pytest

from job_tasks.settings import settings


@pytest.fixture
def servers_url() -> str:
    """The URL of the database, for other processes."""
    return settings().database_url.get_secret_value()
