"""`make lecture`: the experiments of docs/lecture.md, one by one, on the stack that runs: what is done, what is seen.

Every command that is shown is run by a shell, as it is shown. It waits for Enter after each experiment, unless nobody
is at the terminal.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from embedded.control import FOLDER
from embedded.errors import StackError
from embedded.found_stack import find_stack
from embedded.services import WORKERS
from embedded.walk import END_SECONDS, ID, LOOK_SECONDS, Walk, show
from wordcount.inputs import DEFAULT_SERVER

PRACTICE = "http://practice.test"
DEMO_PAGE = f"{PRACTICE}/demo_page.html"
SURGE = "embedded/practice/surge.txt"
SEEN = r"^HTTP|^Location|^answered"
ANSWERED = "-w 'answered after %{time_total} s\\n'"
BAR, STEPS = 40, 12
INTERRUPTED = 130


def asynchronous(walk: Walk) -> None:
    """You are answered at once, the work is done elsewhere."""
    walk.say(
        "This page takes 5 seconds. A server that fetched it while you wait would keep you for 5 seconds,",
        "and everybody behind you. This one writes the job down, and answers.",
    )
    said = walk.run(f"curl -si {ANSWERED} -d url={PRACTICE}/slow {walk.server}/count", only=SEEN)
    walk.say("202 means accepted. The id in Location is the receipt. Ask for the result with it:")
    job = walk.job_of(said)
    walk.run(f"wordcount wait {job}")
    done = walk.ended(job)
    walk.saw(
        f"The manager {_answer_time(said)}. The result was there after {_took(done):.1f} s.",
        f"In between, {_worker(done['attempts'][-1])} waited for the page, in your place.",
    )


def queue(walk: Walk) -> None:
    """Queue, message, task runner, and the result in the database."""
    walk.say("Nobody is to take messages now: both workers, the task runners, are stopped.")
    walk.stop(*WORKERS)
    walk.say("Three pages. The manager does not mind that no worker is there.")
    pages = (DEMO_PAGE, f"{PRACTICE}/bakery/", f"{PRACTICE}/quotes.html")
    first = walk.job_of(walk.run(f"wordcount count --word queue {' '.join(pages)}"))
    walk.say("The queue is a list in Redis. This is its length; then, in words, the messages, the next one first:")
    waiting = walk.run(walk.stack.broker("LLEN celery")).strip()
    walk.run(walk.stack.peek)
    walk.say("The job's row in the database has the parameters, and room for the result:")
    since = f"FROM jobs WHERE id >= '{first}'"
    row = f"SELECT state, label, result->>'words' AS words {since} ORDER BY id"
    walk.run(walk.stack.database(row))
    walk.say("Now one worker is started. It takes one message after the other, and calls the function that it names.")
    walk.start(WORKERS[0])
    walk.ended(first)
    jobs = [walk.ended(job["id"]) for job in walk.ask("/jobs?limit=3")["jobs"]]
    left = walk.run(walk.stack.broker("LLEN celery")).strip()
    walk.run(walk.stack.database(row))
    by = {_worker(job["attempts"][-1]) for job in jobs}
    walk.saw(
        f"{waiting} messages waited in the queue while no worker ran, {left} are left.",
        "A message names a function and a job. The job's row has the parameters, and takes the output.",
        f"{', '.join(sorted(by))} took them, called `count`, and wrote the words into the rows.",
    )
    walk.start(WORKERS[1])


def surge(walk: Walk) -> None:
    """A surge: messages accumulate, and then they drain."""
    walk.say("The workers are stopped. Then come 200 pages, of 25 sites, each of which takes 1 second.")
    walk.stop(*WORKERS)
    begun = time.monotonic()
    said = walk.run(f"wordcount count - < {SURGE} | sed -n '1p;$p'")
    accepted = time.monotonic() - begun
    first = walk.job_of(said)
    walk.say("The queue's length, as the manager tells Prometheus; and whether the manager still answers:")
    walk.run(f"curl -s {walk.server}/metrics | grep '^wordcount_messages '")
    healthy = walk.run(f"curl -s {ANSWERED} {walk.server}/healthz")
    most = walk.messages()
    walk.say("Now the workers come back, and take as much as they can do.")
    begun = time.monotonic()
    walk.start(*WORKERS)
    seconds = _watch_queue(walk, most, begun)
    for job in walk.ask("/jobs?limit=200")["jobs"]:
        walk.ended(job["id"])
    since = f"FROM jobs WHERE id >= '{first}'"
    walk.run(walk.stack.database(f"SELECT state, count(*) {since} GROUP BY state"))
    walk.saw(
        f"200 jobs were accepted within {accepted:.1f} s. {most} messages accumulated in the queue, and the manager",
        f"{_answer_time(healthy)} all the same. With the workers back, the queue was empty after {seconds:.0f} s.",
        "These were 8 pages of each of 25 sites. Of 200 pages of one site, 8 would be in the queue: the other jobs are",
        "kept in the database meanwhile, so that nobody's site gets more than 8 requests at a time.",
    )


def _watch_queue(walk: Walk, most: int, begun: float) -> float:
    """Show the queue, which has `most` messages, until it is empty; the seconds from `begun` until then."""
    left, shown = walk.messages(), most + STEPS
    while True:
        seconds = time.monotonic() - begun
        if left != shown and (not left or shown - left >= most / STEPS):
            show(f"  {seconds:5.1f} s  {left:>4} messages  {'#' * round(BAR * left / max(most, 1))}")
            shown = left
        if not left:
            return seconds
        if seconds > END_SECONDS:
            raise StackError(f"after {seconds:.0f} s, {left} of {most} messages still wait for the workers")
        time.sleep(LOOK_SECONDS)
        left = walk.messages()


def decoupling(walk: Walk) -> None:
    """Decoupling: even the queue may go down."""
    walk.say("The workers going down did not matter. Now the queue itself is stopped, and a page is submitted.")
    walk.stop("job_broker")
    said = walk.run(f"curl -si {ANSWERED} -d url={DEMO_PAGE} {walk.server}/count", only=SEEN)
    job = walk.job_of(said)
    walk.run(f"curl -s {walk.server}/readyz")
    walk.say("It is accepted all the same, since its row is in the database. Now the queue comes back:")
    walk.start("job_broker")
    begun = time.monotonic()
    walk.run(f"wordcount wait {job}")
    waited = time.monotonic() - begun
    walk.saw(
        f"With the queue down, the answer was {_status(said)} all the same, and the job waited in the database.",
        f"{waited:.1f} s after the queue was back, the result was there.",
        "Nobody sent anything again: job_scheduler saw a row without a message, and sent one.",
    )


def isolation(walk: Walk) -> None:
    """Isolation: a dead site does not touch your server."""
    walk.say("Four pages of a site that takes the request, and never answers.")
    hanging = " ".join(f"'{PRACTICE}/hanging?{number}'" for number in range(1, 5))
    said = walk.run(f"wordcount count --on-failure discard {hanging}")
    walk.say("Meanwhile the server answers, and another page is counted:")
    healthy = walk.run(f"curl -s {ANSWERED} {walk.server}/healthz")
    other = walk.job_of(walk.run(f"wordcount count {DEMO_PAGE}"))
    walk.run(f"wordcount wait {other}")
    counted = _took(walk.ended(other))
    states = [walk.ask(f"/result/{job}")["status"] for job in ID.findall(said)]
    walk.saw(
        f"While {states.count('STARTED')} jobs hung on dead pages, the server {_answer_time(healthy)}, and another",
        f"page was counted within {counted:.1f} s. Only workers talk to sites; they leave a dead one after 10 seconds.",
    )


def retry(walk: Walk) -> None:
    """Errors: retry later."""
    walk.say("This page answers 503 twice, and asks to be left alone for 2 seconds each time. Then it answers.")
    said = walk.run(f"wordcount count '{PRACTICE}/busy?visit={time.time_ns()}'")
    job = walk.job_of(said)
    walk.run(f"wordcount wait {job}")
    walk.run(f"wordcount show {job}", only=r"^(status|attempt|words)")
    done = walk.ended(job)
    walk.saw(
        f"Attempt {done['attempt']} got the page, {_took(done):.0f} s after it was asked for. You were not needed.",
        "Between the attempts the job waited in the database, and no worker with it.",
    )


def discard(walk: Walk) -> None:
    """Errors: silently discard."""
    walk.say("This page always answers 500. By default it is tried five times, later and later; here, once:")
    said = walk.run(f"wordcount count --on-failure discard {PRACTICE}/failing")
    job = walk.job_of(said)
    done = walk.ended(job)
    walk.run(f"wordcount show {job}", only=r"^(status|attempt|error)")
    walk.saw(
        f"It ended as {done['status']} after {len(done['attempts'])} attempt. Nobody else noticed; the reason is kept.",
    )


def crash(walk: Walk) -> None:
    """A worker dies in the middle of its work."""
    walk.say("A page that comes slowly, word by word, for 20 seconds:")
    job = walk.job_of(walk.run(f"wordcount count {PRACTICE}/long"))
    deadline = time.monotonic() + END_SECONDS
    while not (attempts := walk.ask(f"/result/{job}")["attempts"]) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    if not attempts:
        raise StackError(f"no worker has begun job {job}")
    victim = _worker(attempts[0])
    walk.say(f"{victim} has begun with it. It is killed, as by a power cut: it cannot tell anybody.")
    walk.kill(victim)
    walk.run(f"wordcount wait {job}")
    walk.run(f"wordcount show {job}", only=r"^(status|attempt|words)")
    done = walk.ended(job)
    if len(done["attempts"]) == 1:
        walk.saw(f"{victim} had the words already when it was killed. Try again: make lecture ONLY=crash")
        return
    walk.saw(
        f"{victim} died in the middle of the job. After 9 s without a sign of life it counted as lost, and the job",
        f"waited again. {_worker(done['attempts'][-1])} did it, {_took(done):.0f} s after it was asked for.",
    )


def crawl(walk: Walk) -> None:
    """The lecture's example: find the count for a word, over a whole site."""
    walk.say("A library of 60 pages that link to one another. How often does `queue` stand in it?")
    said = walk.run(f"wordcount crawl --wait --word queue {PRACTICE}/library/")
    job = walk.job_of(said)
    walk.say("The pages' words are in the database now, so any other word can be asked for, without fetching again:")
    walk.run(f"wordcount crawl --words {job} --word shelf17")
    done = walk.ended(job)
    word = done["result"]["word"]
    walk.saw(
        f"{done['result']['pages']} pages were read in {_took(done):.0f} s. `{word['word']}` stands there "
        f"{word['count']} times, as it must (embedded/practice/serve.py).",
    )


def quotes(walk: Walk) -> None:
    """The lecture's first example: the quote service."""
    walk.say("Finding the quotes of a site takes long, so it is a job. Giving the quote of the day must not take long.")
    said = walk.run(f"wordcount quotes --wait --max-pages 60 {PRACTICE}/library/", only=r"quotes on")
    walk.run("wordcount quote --today")
    begun = time.monotonic()
    walk.ask("/quotes/today")
    asked = (time.monotonic() - begun) * 1_000
    found = re.search(r"^\d+ quotes? on \d+ pages?", said, re.MULTILINE)
    walk.saw(
        f"{found[0] if found else 'No quote'}: each stands on six of them, and was kept once.",
        f"The quote of the day came after {asked:.0f} ms, from the database, with no other site involved.",
    )


EXPERIMENTS: tuple[Callable[[Walk], None], ...] = (
    asynchronous,
    queue,
    surge,
    decoupling,
    isolation,
    retry,
    discard,
    crash,
    crawl,
    quotes,
)
NAMES = tuple(experiment.__name__ for experiment in EXPERIMENTS)


def _worker(attempt: dict[str, Any]) -> str:
    """The part that made the attempt."""
    return str(attempt["worker"]).split("@", maxsplit=1)[0]


def _took(job: dict[str, Any]) -> float:
    """Seconds from the job's acceptance to its end."""
    return (datetime.fromisoformat(job["finished_at"]) - datetime.fromisoformat(job["created_at"])).total_seconds()


def _answer_time(said: str) -> str:
    """What curl said about it, rounded."""
    found = re.search(r"answered after (\d+\.\d\d)", said)
    return f"{found[0]} s" if found else "did not answer"


def _status(said: str) -> str:
    """The status of the answer that `curl -i` shows."""
    found = re.search(r"^HTTP\S+ (\d+)", said, re.MULTILINE)
    return found[1] if found else "missing"


def main() -> int:
    """Walk; returns the exit code: 0, 1 with the reason on standard error, or 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m embedded.lecture", description="Walk through the experiments.")
    parser.add_argument("--only", default="", choices=["", *NAMES], help="one experiment (default: all)")
    parser.add_argument("--data", type=Path, default=FOLDER, help="the stack's data (default: %(default)s)")
    parser.add_argument("--wait", choices=["yes", "no"], default="yes", help="for Enter (default: %(default)s)")
    asked = parser.parse_args()
    try:
        stack = find_stack(asked.data.absolute())
        walk = Walk(stack, waits=asked.wait == "yes" and sys.stdin.isatty())
        _walk(walk, [each for each in EXPERIMENTS if asked.only in {"", each.__name__}])
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _walk(walk: Walk, experiments: list[Callable[[Walk], None]]) -> None:
    walk.ask("/jobs?limit=1")  # before anything is stopped
    show(f"On {walk.stack.what}; its page is at {walk.stack.manager}. To run a command yourself, first:")
    show('$ export PATH="$PWD/.venv/bin:$PATH"')
    if walk.stack.manager not in {DEFAULT_SERVER, DEFAULT_SERVER.replace("localhost", "127.0.0.1")}:
        show(f"$ export WORDCOUNT_SERVER={walk.stack.manager}")
    for number, experiment in enumerate(experiments, start=1):
        title = f"{number} of {len(experiments)}. {(experiment.__doc__ or '').rstrip('.')} [{experiment.__name__}]"
        show("", title, "=" * len(title))
        with walk.whole_again():
            experiment(walk)
        if number < len(experiments):
            walk.pause()
    show("", "That is all. docs/lecture.md says which file does what.")


if __name__ == "__main__":
    raise SystemExit(main())
