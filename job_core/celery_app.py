"""The Celery app of a service. The jobs table is the one truth; what Celery would keep or time by itself is off.

https://docs.celeryq.dev/en/stable/userguide/configuration.html explains each name.
"""

import ssl
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from celery import Celery, Task
from kombu.entity import Queue as CeleryQueue

from job_core.broker_url import read_sentinels
from job_core.config import CoreConfig
from job_core.core import JobCore
from job_core.errors import CoreError
from job_core.kinds import Kind
from job_core.queue import lists
from job_core.worker.attempt import run_attempt


def celery_app(core: JobCore) -> Celery:
    """The app, with a task for each kind. It reads the settings, and looks for the kinds, when Celery first asks."""
    app = Celery(core.name)
    app.backend_cls = "disabled"  # `jobs` is where results land

    def configure(**_: object) -> None:
        app.config_from_object(_settings(core.config, core.kinds.values()))

    def add_tasks(**_: object) -> None:
        for kind in core.kinds.values():
            _add_task(app, core, kind)

    app.on_configure.connect(configure, weak=False)
    app.on_after_finalize.connect(add_tasks, weak=False)
    return app


def _add_task(app: Celery, core: JobCore, kind: Kind) -> None:
    def attempt(task: Task, job_id: str) -> str:
        return run_attempt(core, kind, task, UUID(job_id))

    # Errors of ours are outcomes, already on the row; Celery logs them in a line, without a trace.
    limits = {
        "soft_time_limit": kind.soft_time_limit_seconds,
        "time_limit": kind.hard_time_limit_seconds,
        "throws": (CoreError,),
    }
    app.task(attempt, bind=True, name=f"{core.name}.{kind.name}", **limits)


def _settings(config: CoreConfig, kinds: Iterable[Kind]) -> dict[str, Any]:
    """Celery's settings for a service with these kinds."""
    kinds = list(kinds)
    hard = max([config.hard_time_limit_seconds, *(kind.hard_time_limit(config) for kind in kinds)])
    names = sorted({kind.queue for kind in kinds} or {"celery"})
    sentinels = read_sentinels(config.broker_url)
    broker_url = sentinels.celery_url if sentinels else config.broker_url
    return {
        # Celery prefers the environment's CELERY_BROKER_URL to `broker_url`; the settings may have it from a file.
        **dict.fromkeys(("broker_url", "broker_read_url", "broker_write_url"), broker_url),
        # Of a URL that says nothing about certificates, kombu would take any. What it does say counts.
        "broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED} if config.broker_url.startswith("rediss:") else None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a worker waits for its broker for ever
        "broker_transport_options": {
            # Celery keeps no list in Redis of messages that are taken but not done: what a dead worker held, the
            # reconciler sends again, long before Celery would.
            "ack_emulation": False,
            "priority_steps": [0],  # each priority would be a list more to look at, and messages have none
            "visibility_timeout": max(3_600, 2 * hard),
            "socket_connect_timeout": 2,
            "socket_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 5,
            **({"master_name": sentinels.master_name} if sentinels else {}),
        },
        "task_queues": [CeleryQueue(each) for name in names for each in lists(name)],
        "task_default_queue": names[0],
        # The message is the task's name and the job's id, in JSON. Nothing is pickled.
        "accept_content": ["json"],
        "task_serializer": "json",
        "event_serializer": "json",
        # Results land in the jobs table, written by the attempt that holds the claim.
        "result_backend": None,
        "task_ignore_result": True,
        # A message stays with the worker until its attempt has ended, and no worker holds one that it does not work on.
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,  # the claim is given back instead
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": config.min_children,  # at first: job_core/worker/pool_size.py
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # the claim is in the database
        "task_soft_time_limit": config.soft_time_limit_seconds,
        "task_time_limit": config.hard_time_limit_seconds,
        "worker_max_memory_per_child": 300_000,  # KiB; a child above it is replaced after its attempt
        "worker_send_task_events": True,  # for the viewer
        "worker_enable_remote_control": True,  # the viewer asks workers what they do
        "worker_hijack_root_logger": False,
        "worker_proc_alive_timeout": 30,
    }
