"""The scheduler of this stack: `python -m job_worker.scheduler`."""

import site_crawl.retention
from job_core.logs import configure_logs
from job_core.scheduler import Scheduler, run_scheduler
from job_tasks.job_tasks import core
from job_tasks.settings import settings
from job_worker.health import alive_file, touch
from job_worker.scrape import serve_metrics


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    configure_logs(settings().log_format, settings().log_level)
    serve_metrics(settings())
    scheduler = Scheduler(
        core,
        report_health=lambda: touch(settings().scheduler_health_file),
        report_life=lambda: touch(alive_file(settings().scheduler_health_file)),
        forget=site_crawl.retention.delete_ended,
    )
    run_scheduler(scheduler)


if __name__ == "__main__":
    main()
