"""How gunicorn serves the manager: with threads, since every request waits for the database or the broker."""

import gc
import sys

from gunicorn.http.message import Request
from gunicorn.workers.base import Worker

from job_core.metrics import share_between_processes
from job_manager.services import EXTENSION
from job_tasks.settings import settings

bind = "0.0.0.0:5000"
worker_class = "job_manager.gunicorn_worker.DeadlineWorker"
workers = settings().manager_processes
threads = settings().manager_threads + settings().manager_streams  # an open stream takes no other caller's thread
worker_connections = threads + 1_000  # also connections that are kept alive, or wait for a thread
limit_request_line = 8_190  # `GET /jobs` with 200 ids; gunicorn's maximum
preload_app = "--reload" not in sys.argv  # the processes share what is loaded; with live editing, each loads it
keepalive = 15
graceful_timeout = 10
control_socket_disable = True


def on_starting(_server: object) -> None:
    """Before the first process starts: each then shows what all have counted."""
    share_between_processes(settings().metrics_folder)
    gc.freeze()  # else the first collection in a process would write to every object, and so copy all of them


def pre_request(_worker: Worker, request: Request) -> None:
    """Before a request: the connection of an event stream ends with it. Kept alive, it would hold up a stop for 2 s."""
    if request.path.endswith("/events"):
        request.force_close()


def post_worker_init(worker: Worker) -> None:
    """Let streams end when the process stops, so that their clients go on with another one."""
    worker.wsgi.extensions[EXTENSION].watcher.stop_when(lambda: not worker.alive)
