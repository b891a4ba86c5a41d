"""The viewer of this stack: `celery --app job_worker.viewer flower` shows what its workers do.

Flower listens to the workers' events, and asks them by messages: it needs the broker only. So this loads nothing else
of ours, not even the settings; `python -m job_tasks.settings` checks them before.
"""

import os
from pathlib import Path
from typing import Any

from celery import Celery


def _broker() -> tuple[str, dict[str, Any]]:
    """The URL, and the transport options that go with it."""
    file = os.environ.get("CELERY_BROKER_URL_FILE")
    url = Path(file).read_text(encoding="utf-8").strip() if file else os.environ["CELERY_BROKER_URL"]
    if url.startswith("sentinel:"):
        from job_core.broker_url import read_sentinels  # noqa: PLC0415 - the only thing of ours that it may need

        if sentinels := read_sentinels(url):
            options = {"master_name": sentinels.master_name, "sentinel_kwargs": sentinels.connecting()}
            return sentinels.celery_url, options
    return url, {}


url, options = _broker()
app = Celery("job_viewer")
app.conf.update(
    # Celery prefers the environment's CELERY_BROKER_URL to `broker_url`.
    **dict.fromkeys(("broker_url", "broker_read_url", "broker_write_url"), url),
    broker_transport_options={"socket_connect_timeout": 2, "socket_timeout": 5, "socket_keepalive": True, **options},
    result_backend=None,
)
