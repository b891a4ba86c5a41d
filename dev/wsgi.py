"""The manager with the tasks of one more module, MORE_TASKS. Kinds must be known before the routes are made."""

import importlib
import os

importlib.import_module(os.environ["MORE_TASKS"])
app = importlib.import_module("job_manager.wsgi").app
