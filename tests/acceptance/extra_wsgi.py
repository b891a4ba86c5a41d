"""The manager, with the kinds of `extra_tasks` too: a kind has to be known before the routes are made."""

import tests.acceptance.extra_tasks
from job_manager.wsgi import app

__all__ = ["app", "tests"]
