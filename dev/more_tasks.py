"""Runs a module as `python -m` does, with more tasks: `MORE_TASKS=some.tasks python -m dev.more_tasks gunicorn ...`.

Manager, workers and scheduler must know all kinds of jobs before they start.
"""

import importlib
import os
import runpy
import sys

if __name__ == "__main__":
    importlib.import_module(os.environ["MORE_TASKS"])
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
