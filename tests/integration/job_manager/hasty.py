"""A worker with less patience than the deployed one, so that tests of slow callers do not take long themselves."""

from job_manager.gunicorn_worker import DeadlineWorker
from job_manager.services import EXTENSION


class HastyWorker(DeadlineWorker):
    receive_seconds = 2.0
    send_seconds = 2.0

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi.extensions[EXTENSION].watcher.beat_seconds = 0.5
