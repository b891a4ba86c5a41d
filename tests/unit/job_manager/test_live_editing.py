"""`gunicorn --reload` starts processes again when a file changes; what was loaded before the fork stays as it was."""

import os
import subprocess
import sys

LOAD = """
import sys
from gunicorn.app.wsgiapp import WSGIApplication
sys.argv = ["gunicorn", "--config", "job_manager/gunicorn.conf.py", *sys.argv[1:], "job_manager.wsgi:app"]
app = WSGIApplication()
app.cfg.worker_class
print(app.cfg.preload_app, "job_tasks.job_tasks" in sys.modules)
"""
SETTINGS = {"CELERY_BROKER_URL": "redis://broker", "DATABASE_URL": "postgresql://user@host/jobs"}


def loaded(*options: str) -> str:
    """Whether gunicorn loads the app before it forks, and whether it has loaded the tasks by then."""
    return subprocess.run(
        [sys.executable, "-c", LOAD, *options],
        env={"PATH": os.environ["PATH"]} | SETTINGS,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout.strip()


def test_processes_share_what_gunicorn_has_loaded() -> None:
    assert loaded() == "True False"


def test_with_live_editing_each_process_loads_the_tasks_anew() -> None:
    assert loaded("--reload") == "False False"
