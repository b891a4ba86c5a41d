"""A worker: the shared Celery app, with what keeps the promises hung into it.

`celery --app job_worker.worker worker` starts one; `celery --app job_worker.worker flower` shows them all.
"""

import os
import threading
import time
from typing import Any

import structlog
from billiard.process import current_process
from celery import bootsteps, signals
from celery.worker import state

from job_core.logs import configure_logs
from job_core.metrics import share_between_processes
from job_core.worker.beat import beat, kill_pool, worker_name
from job_core.worker.children import children
from job_core.worker.deliverer import TOTAL_SECONDS, Deliverer
from job_core.worker.memory import limit_this_child, share_with_children
from job_tasks.job_tasks import app
from job_tasks.settings import settings
from job_worker.health import touch
from job_worker.scrape import serve_metrics

HARD_EXIT_SECONDS = 4.0

log = structlog.get_logger()

app.amqp_cls = "job_core.worker.connection:CappedAMQP"
app.Task.Request = "job_core.worker.request:AttemptRequest"


@signals.setup_logging.connect
def _configure_logs(**_: object) -> None:
    configure_logs(settings())


@signals.worker_init.connect
def _serve_metrics(**_: object) -> None:
    """Before any child is made. A child that takes the place of a dead one counts on in the same file."""
    share_between_processes(settings().metrics_folder, lambda: getattr(current_process(), "index", "main"))
    serve_metrics(settings())


@signals.worker_init.connect
def _load_what_tasks_need(**_: object) -> None:
    """Children inherit it, so that one which takes the place of another works at once."""
    from job_tasks.fetching import fetcher  # noqa: PLC0415 - the viewer starts from this module too and needs none of it

    fetcher()
    share_with_children()


@signals.worker_process_init.connect
def _limit_memory(**_: object) -> None:
    limit_this_child(settings().worker_child_memory_mb)


class BeatStep(bootsteps.StartStopStep):
    """Registers the worker before it takes messages, then beats until the process ends."""

    requires = ("celery.worker.components:Pool",)
    last_started: Any = None

    def start(self, worker: Any) -> None:
        BeatStep.last_started = worker
        beat.register(worker_name(worker.hostname), wanted=lambda: state.should_stop is None)
        beat.start(worker)


class DeliveringStep(bootsteps.StartStopStep):
    """Delivers webhooks, whatever the broker does. Begins after the children are forked: they want no such threads."""

    requires = ("celery.worker.components:Pool",)
    last_started: Deliverer | None = None

    def start(self, _worker: Any) -> None:
        from job_worker.webhook_post import webhook_post  # noqa: PLC0415 - the viewer needs none of it

        post = webhook_post(settings().fetch_limits, TOTAL_SECONDS)
        DeliveringStep.last_started = Deliverer(settings(), post)
        DeliveringStep.last_started.start()


class ConsumingStep(bootsteps.StartStopStep):
    """Knows whether the worker takes messages: between its start and stop it is connected to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, _consumer: Any) -> None:
        beat.consuming = True
        touch(settings().worker_health_file)  # the next beat, which would tell so too, may be seconds away

    def stop(self, _consumer: Any) -> None:
        beat.consuming = False


app.steps["worker"].add(BeatStep)
app.steps["worker"].add(DeliveringStep)
app.steps["consumer"].add(ConsumingStep)


@signals.worker_shutting_down.connect
def _limit_the_stop(**_: object) -> None:
    """The worker was told to stop, and takes no more messages. What runs may go on for the grace."""
    beat.told_to_stop = True
    if DeliveringStep.last_started:
        DeliveringStep.last_started.stop()
    threading.Thread(target=_end_what_is_left, name="stop", daemon=True).start()


def _end_what_is_left() -> None:
    time.sleep(settings().worker_stop_grace_seconds)
    worker = BeatStep.last_started
    if worker:
        children.kill(worker, lambda _: True)
    beat.say_goodbye()
    time.sleep(HARD_EXIT_SECONDS)
    # By now the main thread has ended the process, unless a broker that hangs holds it.
    log.warning("ends at once: the broker hangs")
    if worker:
        kill_pool(worker)
    os._exit(0)


@signals.worker_shutdown.connect
def _say_goodbye(**_: object) -> None:
    beat.say_goodbye()
