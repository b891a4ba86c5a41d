"""How gunicorn serves the manager. Threads, since every request is a wait for the database or the broker."""

from job_tasks.metrics import share_between_processes
from job_tasks.settings import settings

bind = "0.0.0.0:5000"
worker_class = "job_manager.gunicorn_worker.PatientWorker"
workers = settings().manager_processes
threads = settings().manager_threads
keepalive = 15
graceful_timeout = 10
control_socket_disable = True


def on_starting(_server: object) -> None:
    """Before the first process is made: what they count, all of them show."""
    share_between_processes(settings().metrics_folder)
