"""How processes that fork from one another count together. Each test runs a parent of its own, with real children."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from job_core.reconciler import Repairs

START = """
import os, signal, sys, threading, time
from pathlib import Path
from prometheus_client import generate_latest
from job_core import metrics
from job_manager.metrics import AnswerFigures, count_answer
from job_tasks.metrics import PREFIX, PageFigures, count_refused_address

folder = Path(sys.argv[1])
name = "main"

def child(work, called=None):
    global name
    pid = os.fork()
    if not pid:
        name = called or os.getpid()
        work()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)

def accept(times):
    for _ in range(times):
        metrics.count_accepted("count")

def show():
    sys.stdout.write(generate_latest(metrics.registry(PREFIX, PageFigures, AnswerFigures)).decode())
"""
SHARED = "metrics.share_between_processes(folder, lambda: name)\n"
ACCEPTED = "wordcount_jobs_accepted_total"


def scraped(code: str, folder: Path) -> dict[tuple[str, tuple[str, ...]], float]:
    """The samples that a process shows, by their names and the values of their labels."""
    ended = subprocess.run(
        [sys.executable, "-c", START + code, str(folder)],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    families = text_string_to_metric_families(ended.stdout)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples
    }


def test_what_children_counted_stays_when_they_are_killed(tmp_path: Path) -> None:
    shown = scraped(SHARED + "accept(1); child(lambda: accept(2)); child(lambda: accept(3)); show()", tmp_path)
    assert shown[ACCEPTED, ("count",)] == 6


def test_a_child_in_the_place_of_a_dead_one_counts_on_in_its_file(tmp_path: Path) -> None:
    shown = scraped(SHARED + "for _ in range(20): child(lambda: accept(1), 'first')\nshow()", tmp_path)
    assert shown[ACCEPTED, ("count",)] == 20
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{kind}_{name}.db" for kind in ("counter", "histogram") for name in ("main", "first")
    }


def test_histograms_of_children_are_added_up(tmp_path: Path) -> None:
    code = "for seconds in (0.02, 20): child(lambda: metrics.count_ended('count', 'SUCCESS', '', seconds))\nshow()"
    shown = scraped(SHARED + code, tmp_path)
    assert shown["wordcount_job_end_seconds_count", ("SUCCESS",)] == 2
    assert shown["wordcount_job_end_seconds_sum", ("SUCCESS",)] == pytest.approx(20.02)
    buckets = [value for (name, _), value in shown.items() if name == "wordcount_job_end_seconds_bucket"]
    assert buckets == sorted(buckets)
    assert set(buckets) == {1, 2}


def test_a_new_run_starts_from_zero(tmp_path: Path) -> None:
    assert scraped(SHARED + "accept(3); show()", tmp_path)[ACCEPTED, ("count",)] == 3
    assert scraped(SHARED + "accept(1); show()", tmp_path)[ACCEPTED, ("count",)] == 1


def test_a_process_alone_needs_no_folder(tmp_path: Path) -> None:
    assert scraped("accept(2); show()", tmp_path)[ACCEPTED, ("count",)] == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", ["", SHARED], ids=["alone", "shared"])
def test_what_is_known_beforehand_begins_at_zero(tmp_path: Path, share: str) -> None:
    shown = scraped(share + "show()", tmp_path)
    for crash in ("attempt-crashed", "attempt-out-of-memory", "attempt-out-of-time"):
        assert shown["wordcount_attempts_total", ("CRASHED", crash)] == 0
    repairs = {labels[0]: value for (name, labels), value in shown.items() if name == "wordcount_repairs_total"}
    assert repairs == dict.fromkeys(vars(Repairs()), 0)
    assert shown["wordcount_refused_addresses_total", ()] == 0


@pytest.mark.parametrize("share", ["", SHARED], ids=["alone", "shared"])
def test_another_service_has_another_prefix_and_no_figures_of_this_one(tmp_path: Path, share: str) -> None:
    code = 'accept(1)\nsys.stdout.write(generate_latest(metrics.registry("greetings_")).decode())'
    shown = scraped(share + code, tmp_path)
    assert shown["greetings_jobs_accepted_total", ("count",)] == 1
    assert {name.partition("_")[0] for name, _ in shown} == {"greetings"}
    assert not [name for name, _ in shown if "fetch" in name or "http" in name]


def test_a_fork_while_another_thread_counts_leaves_no_child_waiting_for_ever(tmp_path: Path) -> None:
    code = """
def count_on():
    while not done:
        metrics.count_accepted("count")

done = []
threading.Thread(target=count_on).start()
for _ in range(300):
    pid = os.fork()
    if not pid:
        signal.alarm(5)  # ends a child that waits
        name = os.getpid() % 8
        count_refused_address()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
done.append(True)
show()
"""
    assert scraped(SHARED + code, tmp_path)["wordcount_refused_addresses_total", ()] == 300


def test_a_method_that_somebody_made_up_is_no_series_of_its_own(tmp_path: Path) -> None:
    code = "for method in ('GET', 'BREW', 'XYZZY'): count_answer(method, '/jobs', 405)\nshow()"
    shown = scraped(code, tmp_path)
    assert {labels[0]: value for (name, labels), value in shown.items() if name == "wordcount_http_requests_total"} == {
        "GET": 1,
        "other": 2,
    }
