"""Brings the tables of this stack to the newest form: `python -m job_manager.migrate`."""

from job_core.store.migrate import migrate
from job_tasks.settings import settings
from site_crawl.migrations import VERSIONS

if __name__ == "__main__":
    migrate(settings().database_url.get_secret_value(), further=[VERSIONS])
