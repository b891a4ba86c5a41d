"""What goes on can be seen: each job in the logs, and all of them in the figures."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from dev.manager import SUCCESS
from dev.pages import PageServer
from dev.stack import RECOVERY_SECONDS, Stack
from dev.waiting import NotInTime, eventually
from embedded.ports import LOOPBACK
from embedded.services import SCHEDULER, WORKERS
from tests.acceptance.held import start_held
from tests.promtool import OPS, Promtool

EVENTS = ("answered", "published", "claimed", "attempt ended", "due", "cancelled", "kills cancelled jobs")
EVENT = re.compile(rf"\S+ \[\w+ *\] ({'|'.join(EVENTS)}) ")
OF_JOBS = re.compile(r"wordcount_(jobs?|attempts|fetch|count|fetched|refused)_.*(_total|_count)")
SECRET = "s3cret-of-the-caller"
Samples = defaultdict[tuple[str, str], float]


def life(stack: Stack, job_id: str) -> dict[str, list[str]]:
    """What a `grep` of the id shows, by service: the job's events, in order, but for answers to those who only look."""
    found: dict[str, list[str]] = {}
    for log in sorted(stack.services.folder.logs.glob("*.log")):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if job_id in line and (event := EVENT.match(line)) and "method=GET" not in line:
                shown = re.findall(r" (?:outcome|method)='?(\w+)", line)
                service = "worker" if log.stem.startswith("job_worker") else log.stem
                found.setdefault(service, []).append(" ".join([event[1], *shown]))
    return found


def scrape(stack: Stack, service: str) -> str:
    """What Prometheus gets from the service."""
    port = stack.services.metrics_ports.get(service, stack.manager.port)
    return requests.get(f"http://{LOOPBACK}:{port}/metrics", timeout=10).text


def scrapes(stack: Stack) -> dict[str, str]:
    """What Prometheus gets from each service."""
    return {service: scrape(stack, service) for service in ("job_manager", *WORKERS, SCHEDULER)}


def summed(stack: Stack) -> Samples:
    """Each figure over all services, by its name and its labels."""
    return _samples(scrapes(stack).values())


def settled(stack: Stack) -> Samples:
    """The same, once no figure of jobs counts on: a job is counted a moment after its end is written."""
    looks: list[Samples] = [summed(stack)]

    def is_still() -> bool:
        looks.append(summed(stack))
        before, now = looks[-2:]
        return all(before[figure] == value for figure, value in now.items() if OF_JOBS.match(figure[0]))

    eventually(is_still, "figures stand still")
    return looks[-1]


def _samples(texts: Iterable[str]) -> Samples:
    found: Samples = defaultdict(float)
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name, ",".join(value for _, value in sorted(sample.labels.items()))] += sample.value
    return found


class TestLogs:
    """One `grep` of a job's id."""

    def test_it_shows_a_whole_life(self, stack: Stack, pages: PageServer) -> None:
        job_id = stack.manager.submit(pages.url("/busy/sight-life?times=1"))
        assert stack.manager.ended(job_id).status == "SUCCESS"
        whole = {
            "job_manager": ["answered POST"],
            "job_scheduler": ["due", "published"],
            "worker": ["claimed", "attempt ended RETRY", "claimed", "attempt ended SUCCESS"],
        }
        eventually(lambda: _in_order(life(stack, job_id)) == _in_order(whole), "its whole life is logged", seconds=10)

    def test_it_shows_a_cancelled_job(self, stack: Stack, pages: PageServer) -> None:
        job_id = start_held(stack.manager, pages, "/held/sight-cancelled")
        stack.manager.cancel(job_id)
        whole = {
            "job_manager": ["answered POST", "cancelled REVOKED", "answered DELETE"],
            "worker": ["claimed", "kills cancelled jobs"],
        }
        eventually(lambda: life(stack, job_id) == whole, "its whole life is logged", seconds=10)

    @pytest.mark.usefixtures("ask_viewer")
    def test_no_password_of_a_url_is_shown_anywhere(self, stack: Stack, pages: PageServer) -> None:
        paths = ("/words/1/sight-secret", "/missing", "/busy/sight-secret?times=1", "/reset/sight-secret?times=1")
        urls = [pages.url(path).replace("://", f"://somebody:{SECRET}@") for path in paths]
        jobs = [stack.manager.submit(url) for url in (*urls, f"http:somebody:{SECRET}@{LOOPBACK}:1/")]
        for url in urls:
            stack.manager.ask("GET", f"/jobs?url={quote(url)}")
            stack.manager.ask("GET", f"/{quote(url, safe='')}")
        stack.manager.ask("POST", "/count", {"url": f"ftp://somebody:{SECRET}@example.com/"})
        stack.manager.ended_all(jobs, within=30)
        logs = {log.name: log.read_text(errors="replace") for log in stack.services.folder.logs.glob("*.log")}
        assert {"job_manager.log", "job_worker_01.log", "job_scheduler.log", "job_viewer.log"} <= logs.keys()
        assert [name for name, text in {**logs, **scrapes(stack)}.items() if SECRET in text] == []
        assert "://***@" in logs["job_manager.log"]


def _in_order(seen: dict[str, list[str]]) -> dict[str, list[str]]:
    """Two workers share the life of a job that is tried twice, each in a log of its own."""
    return {name: sorted(events) if name == "worker" else events for name, events in seen.items()}


class TestFigures:
    """They tell what happened, over every process, those that were killed among them."""

    def test_each_job_is_counted_once(self, stack: Stack, pages: PageServer) -> None:
        before = settled(stack)
        job_ids = stack.manager.submit_all([pages.url(f"/words/7/counted/{number}") for number in range(20)])
        assert stack.manager.ended_all(job_ids, within=30) == [SUCCESS] * 20
        failed = stack.manager.submit(pages.url("/missing"))
        assert stack.manager.ended(failed).status == "FAILURE"
        refused = stack.manager.submit("http://10.0.0.1/")
        assert stack.manager.ended(refused).error == "address-refused"
        wanted = {
            ("wordcount_jobs_accepted_total", "count"): 22,
            ("wordcount_jobs_ended_total", "count,,SUCCESS"): 20,
            ("wordcount_jobs_ended_total", "count,page-refused,FAILURE"): 1,
            ("wordcount_jobs_ended_total", "count,address-refused,FAILURE"): 1,
            ("wordcount_attempts_total", "SUCCESS,"): 20,
            ("wordcount_job_start_seconds_count", ""): 22,
            ("wordcount_job_end_seconds_count", "SUCCESS"): 20,
            ("wordcount_fetch_seconds_count", ""): 22,
            ("wordcount_count_seconds_count", ""): 20,
            ("wordcount_refused_addresses_total", ""): 1,
        }

        def new() -> dict[tuple[str, str], float]:
            now = summed(stack)
            return {figure: now[figure] - before[figure] for figure in wanted}

        with suppress(NotInTime):
            eventually(lambda: new() == wanted)
        assert new() == wanted
        assert summed(stack)["wordcount_fetched_bytes_total", ""] > before["wordcount_fetched_bytes_total", ""]

    def test_what_a_killed_child_counted_stays(self, stack: Stack) -> None:
        before = settled(stack)
        job_id = stack.manager.submit(f"http://{LOOPBACK}/", kind="crash")
        assert stack.manager.ended(job_id, within=30).error == "attempt-crashed"
        crashed = ("wordcount_attempts_total", "CRASHED,attempt-crashed")
        ended = ("wordcount_jobs_ended_total", "crash,attempt-crashed,FAILURE")
        eventually(lambda: summed(stack)[ended] == before[ended] + 1, "the end is counted", seconds=10)
        now = summed(stack)
        assert now[crashed] == before[crashed] + 3
        fallen = {figure: (before[figure], now[figure]) for figure in before if _counts(figure[0])}
        assert [figure for figure, (then, later) in fallen.items() if later < then] == []

    def test_they_stand_as_promtool_wants_them(self, stack: Stack, promtool: Promtool) -> None:
        for name, text in scrapes(stack).items():
            ended = promtool("check", "metrics", given=text)
            assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), name

    def test_what_alerts_and_dashboard_ask_for_is_there(self, stack: Stack, pages: PageServer) -> None:
        stack.manager.ended(stack.manager.submit(pages.url("/words/1/asked-for")))
        stack.manager.ended(stack.manager.submit(pages.url("/missing")))
        there = set(_labels(scrapes(stack).values()))
        asked = set(_asked_for(OPS / "alerts.yml", OPS / "grafana" / "dashboard.json"))
        assert len(asked) > 20
        assert asked - there == set()


def test_a_lost_worker_is_seen_in_logs_and_figures(stack: Stack, pages: PageServer) -> None:
    job_id = start_held(stack.manager, pages, "/held/sight-lost")
    before = _samples([scrape(stack, SCHEDULER)])
    stack.worker_of(stack.manager.job(job_id)).kill()
    pages.release("/held/sight-lost")
    assert stack.manager.ended(job_id, within=RECOVERY_SECONDS).status == "SUCCESS"
    seen = life(stack, job_id)
    assert seen["job_scheduler"] == ["attempt ended LOST", "published"]
    assert Counter(seen["worker"]) == Counter({"claimed": 2, "attempt ended SUCCESS": 1})
    now = _samples([scrape(stack, SCHEDULER)])
    for figure in (
        ("wordcount_repairs_total", "workers_lost"),
        ("wordcount_repairs_total", "taken_back"),
        ("wordcount_attempts_total", "LOST,"),
    ):
        assert now[figure] == before[figure] + 1


def _counts(name: str) -> bool:
    return name.endswith(("_total", "_count", "_sum", "_bucket"))


def _labels(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every name with every label of it, and with none."""
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                yield sample.name, ""
                for label in sample.labels:
                    yield sample.name, label


def _asked_for(alerts: Path, dashboard: Path) -> Iterator[tuple[str, str]]:
    """The same of what expressions ask for; labels are those of selectors and of `by`, less what Prometheus adds."""
    rules = [rule for group in yaml.safe_load(alerts.read_text())["groups"] for rule in group["rules"]]
    panels = json.loads(dashboard.read_text())["panels"]
    for expression in [r["expr"] for r in rules] + [target["expr"] for p in panels for target in p["targets"]]:
        names = re.findall(r"\b(wordcount_\w+)(?:\{(.*?)\})?", expression)
        grouped = re.findall(r"by \((\w+)\)", expression)
        for name, selector in names:
            yield name, ""
            for label in {*re.findall(r"(\w+)=", selector), *grouped} - {"instance", "job"}:
                yield name, label
