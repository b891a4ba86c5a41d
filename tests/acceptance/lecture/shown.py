"""What the experiments of `make lecture` must show, on whatever stack."""

import re

# Of each experiment, in this order: patterns of lines.
MUST_SHOW = {
    "asynchronous": (
        r"HTTP/1.1 202 ACCEPTED",
        r"SUCCESS +100 ",
        r"The manager answered after [0-3]\.\d\d s\. The result was there after ([5-9]|\d\d)\.\d s\.",
    ),
    "queue": (
        r"  3$",
        r"celery: 3 waiting$",
        r"job_tasks\.count  ",
        r"output  to the same row",
        r"PENDING \| http://practice\.test/demo_page\.html",
        r"  0$",
        r"SUCCESS \| http://practice\.test/demo_page\.html \| 282",
        r"=> 3 messages waited in the queue while no worker ran, 0 are left\.",
        r"=> job_worker_01 took them",
    ),
    "surge": (
        r"wordcount_messages 200\.0",
        r'\{"status":"alive"\}',
        r" \d+\.\d s +[1-9]\d* messages  #+$",
        r" \d+\.\d s +0 messages",
        r"SUCCESS +\| +200$",
        r"=> .* 200 messages accumulated in the queue",
    ),
    "decoupling": (
        r"HTTP/1.1 202 ACCEPTED",
        r'"broker":"(?!ok)',
        r"SUCCESS +282 ",
        r"the answer was 202 all the same",
    ),
    "isolation": (r'\{"status":"alive"\}', r"SUCCESS +282 ", r"=> While 4 jobs hung"),
    "retry": (r"attempt 1: +RETRY", r"attempt 2: +RETRY", r"attempt 3: +SUCCESS", r"=> Attempt 3 got the page"),
    "discard": (r"status: +FAILURE", r"attempt 1: +FAILURE", r"=> It ended as FAILURE after 1 attempt\."),
    "crash": (r"status: +SUCCESS", r"attempt 1: +LOST", r"attempt 2: +SUCCESS", r"died in the middle of the job"),
    "crawl": (r"60 URLs: 60 counted; finished", r"shelf17: 3 on 3 pages", r"=> 60 pages .* 90 times"),
    "quotes": (r"10 quotes on 60 pages", r"found on http://practice\.test/library/\d*, attributed to", r"=> 10 quotes"),
}


def experiments(said: str) -> dict[str, str]:
    """What each experiment showed, by the name that is in its title."""
    parts = re.split(r"^\d+ of \d+\. .+ \[(\w+)\]\n=+$", said, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def check(name: str, shown: str) -> None:
    """Fail unless it showed what it must, in that order."""
    position = 0
    for pattern in MUST_SHOW[name]:
        found = re.compile(pattern, re.MULTILINE).search(shown, position)
        assert found, f"{pattern!r} is not in, or not after the others:\n{shown}"
        position = found.end()
