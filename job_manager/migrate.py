"""Brings the tables of this stack to the newest form: `python -m job_manager.migrate`."""

from job_core.store.migrate import migrate
from job_tasks.settings import settings
from quote_store import migrations as quotes
from site_crawl import migrations as crawls

if __name__ == "__main__":
    migrate(settings().database_url.get_secret_value(), further=[crawls.VERSIONS, quotes.VERSIONS])
