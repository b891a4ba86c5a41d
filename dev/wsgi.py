"""The manager with the tasks of one more module, named by MORE_TASKS. A kind must be known before routes are made."""

import importlib
import os

importlib.import_module(os.environ["MORE_TASKS"])
app = importlib.import_module("job_manager.wsgi").app
