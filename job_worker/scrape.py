"""The address at which Prometheus collects the figures of a worker or of the scheduler."""

import os
import threading
import time
from functools import partialmethod
from socketserver import BaseServer

import structlog
from prometheus_client import start_http_server
from prometheus_client.exposition import ThreadingWSGIServer

from job_core.metrics import registry
from job_tasks.metrics import PREFIX, PageFigures
from job_tasks.settings import Settings

PAUSE_SECONDS = 1.0  # between tries of a port that is taken

# The library's server looks twice a second whether it is to stop. This one ends with its process.
ThreadingWSGIServer.serve_forever = partialmethod(BaseServer.serve_forever, poll_interval=3_600.0)  # type: ignore[assignment] # of the same signature

log = structlog.get_logger()


def serve_metrics(settings: Settings) -> None:
    """Serve the figures from a thread of this process, if a port is set.

    A taken port keeps nobody from working: it is asked for again until it is free, as it is once the children of a
    worker that was killed have ended.
    """
    if settings.metrics_port and not _is_served(settings):
        log.warning("the port for metrics is taken; tries on", port=settings.metrics_port)
        threading.Thread(target=_try_on, args=(settings,), name="metrics", daemon=True).start()


def _try_on(settings: Settings) -> None:
    while not _is_served(settings):
        time.sleep(PAUSE_SECONDS)
    log.info("serves metrics", port=settings.metrics_port)


def _is_served(settings: Settings) -> bool:
    try:
        figures = registry(PREFIX, PageFigures)
        server, _ = start_http_server(settings.metrics_port, str(settings.metrics_address), figures)
    except OSError:
        return False
    # A child that outlives this process would keep the port.
    os.register_at_fork(after_in_child=server.socket.close)
    return True
