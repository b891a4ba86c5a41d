import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]
OF_WORKERS = {"bs4", "charset_normalizer", "icu4py", "nltk", "requests", "selectolax", "urllib3"}


def test_the_managers_process_holds_no_parser_and_no_tokenizer_and_cannot_fetch() -> None:
    code = "import sys, job_manager.app; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert "job_tasks.job_tasks" in loaded
    assert not OF_WORKERS & loaded


def test_no_service_loads_what_draws_in_a_terminal_and_whoever_wants_it_can() -> None:
    code = "import sys, job_manager.app, job_worker.worker; print('rich' in sys.modules); import rich.console"
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
