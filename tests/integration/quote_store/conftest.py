"""The store of quotes on the real database."""

from collections.abc import Iterator

import pytest

from job_tasks.settings import settings
from tests.integration.job_store import Store
from tests.integration.kept_quotes import KeptQuotes


@pytest.fixture
def quotes(store: Store) -> Iterator[KeptQuotes]:
    """An empty store; in the end, its counts are compared with its rows."""
    kept = KeptQuotes(store)
    yield kept
    kept.check()


@pytest.fixture
def servers_url() -> str:
    """The URL of the database, for other processes."""
    return settings().database_url.get_secret_value()
