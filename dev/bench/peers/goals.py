"""The project's goals, each beside the measured figure."""

from collections.abc import Iterator

from dev.bench.peers.report import Results, print_lines, shown

SINGLES, BATCHES = "stack, singles", "stack, batches"
TUNED, LECTURE, RQ, PROCRASTINATE = "celery-tuned", "celery-lecture", "rq", "procrastinate"
ROUNDING = 0.005  # of a limit


def print_goals(results: Results) -> None:
    """Print the goals for which every figure was measured."""
    goals = [*_cost_goals(results), *_submission_goals(results)]
    if goals:
        print_lines("Goals", [["", "measured", "goal", ""], *goals])


def _at_most(text: str, value: float, limit: float) -> list[str]:
    return [text, shown(value), f"at most {shown(limit)}", _verdict((value - limit) / limit)]


def _at_least(text: str, value: float, limit: float) -> list[str]:
    return [text, shown(value), f"at least {shown(limit)}", _verdict((limit - value) / limit)]


def _verdict(missed: float) -> str:
    return "met" if missed < ROUNDING else f"missed by {missed:.0%}"


def _cost_goals(results: Results) -> Iterator[list[str]]:
    if SINGLES not in results.cost:
        return
    single, batched = results.cost[SINGLES], results.cost[BATCHES]
    if TUNED in results.cost:
        tuned = results.cost[TUNED]["all"]
        yield _at_most("a single, ms; 1.25 times tuned Celery", single["all"], 1.25 * tuned)
        yield _at_most("a job of a batch, ms; tuned Celery", batched["all"], tuned)
    if PROCRASTINATE in results.cost:
        yield _at_most("a single, ms; procrastinate", single["all"], results.cost[PROCRASTINATE]["all"])
    yield _at_most("children for a single, ms", single["children"], 6)
    yield _at_most("manager for a single, ms", single["manager"], 2.5)
    yield _at_most("PostgreSQL for a single, ms", single["PostgreSQL"], 2.5)
    yield _at_most("statements for a single", results.requests[SINGLES]["statements"], 8)
    yield _at_most("commits for a single", results.requests[SINGLES]["commits"], 3)
    memory = results.memory[SINGLES]
    yield _at_most(f"memory after {memory['jobs']:,.0f} jobs, MB", memory["all"], 600)
    yield _at_most("idle, ms a second", results.idle[SINGLES]["all"], 5)
    yield _at_most("accept to end, p50 ms", results.latency[SINGLES]["p50"], 20)
    yield _at_most("accept to end, p99 ms", results.latency[SINGLES]["p99"], 50)


def _submission_goals(results: Results) -> Iterator[list[str]]:
    rates = {label: figures["a second"] for label, figures in results.submissions.items()}
    if SINGLES not in rates:
        return
    if LECTURE in rates:
        yield _at_least("singles/s; Flask and delay", rates[SINGLES], rates[LECTURE])
    yield _at_least("URLs/s in batches", rates[BATCHES], 6_000)
    if RQ in rates:
        yield _at_least("URLs/s in batches; RQ", rates[BATCHES], rates[RQ])
