"""The viewer of this stack: `celery --app job_worker.viewer flower` shows what its workers do.

Flower listens to the workers' events, and asks them by messages. It needs the broker only, and loads no task.
"""

from celery import Celery

from job_tasks.settings import settings

app = Celery("job_viewer")
app.conf.update(
    # Celery prefers the environment's CELERY_BROKER_URL to `broker_url`; the settings may have it from a file.
    **dict.fromkeys(
        ("broker_url", "broker_read_url", "broker_write_url"), settings().celery_broker_url.get_secret_value()
    ),
    broker_transport_options={"socket_connect_timeout": 2, "socket_timeout": 5, "socket_keepalive": True},
    result_backend=None,
)
