"""How the stack under test is set: by the defaults, but for what a run needs."""

import os

from job_tasks.settings import SECRETS, Settings

SETTINGS = {
    # Shorter than many pages of the site take, so that a worker that is told to stop has something to give back.
    "WORKER_STOP_GRACE_SECONDS": "1",
}


def own_environment() -> dict[str, str]:
    """The environment of this process, without any setting of the stack."""
    settings = {field.upper() for field in Settings.model_fields} | {f"{key.upper()}_FILE" for key in SECRETS}
    return {key: value for key, value in os.environ.items() if key not in settings}
