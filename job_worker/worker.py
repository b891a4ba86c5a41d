"""A worker of this stack: `celery --app job_worker.worker worker` starts one."""

from billiard.process import current_process
from celery import signals

import job_tasks.crawl_lane  # noqa: F401 - loaded before the fork: it takes a child 0.2 s and 10 MB of its own
from job_core.logs import configure_logs
from job_core.metrics import share_between_processes
from job_core.worker.deliverer import TOTAL_SECONDS, Deliverer
from job_core.worker.program import install_worker
from job_tasks.fetching import fetcher
from job_tasks.job_tasks import core
from job_tasks.settings import settings
from job_tasks.views import webhook_body
from job_worker.health import alive_file, touch
from job_worker.scrape import serve_metrics
from job_worker.webhook_post import webhook_post
from page_read.quote_words import load_words

app = core.app


@signals.setup_logging.connect
def _configure_logs(**_: object) -> None:
    configure_logs(settings().log_format, settings().log_level)


@signals.worker_init.connect
def _serve_metrics(**_: object) -> None:
    """Before any child is made. A child that takes the place of a dead one counts on in the same file."""
    share_between_processes(settings().metrics_folder, lambda: getattr(current_process(), "index", "main"))
    serve_metrics(settings())


def _preload() -> None:
    fetcher()
    load_words()


def _deliverer() -> Deliverer:
    post = webhook_post(settings().fetch_limits, TOTAL_SECONDS)
    return Deliverer(core, settings().webhook_secrets, webhook_body, post)


install_worker(
    core,
    preload=_preload,
    report_health=lambda: touch(settings().worker_health_file),
    report_life=lambda: touch(alive_file(settings().worker_health_file)),
    deliverer=_deliverer,
)
