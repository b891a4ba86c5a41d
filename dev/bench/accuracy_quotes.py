"""Compares the quotes found on labelled pages with their labels: `python -m dev.bench.accuracy_quotes FOLDER`.

The folder holds `pages/`, `labels.json` and the program that measures, `score.py`. Exits with 1 if a goal is missed.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from page_read.page import read_page
from page_read.quote_words import load_words
from page_read.quotes import find_quotes

_MIN_F1 = 0.90
_MIN_F1_OF_KIND = {"marked": 0.92, "speech": 0.85}
_MIN_PRECISION = 0.92
_MIN_AUTHORS = 0.90  # right, of the matched quotes whose label names one
_MIN_CLEAN = 0.90  # of the pages without a quote
_MAX_MS = 3.0  # of processor time a page, on average, beyond counting


def find(folder: Path) -> tuple[dict[str, list[dict[str, Any]]], float]:
    """What is found on each page, and the mean processor time that it takes, in milliseconds.

    As in a child of a worker, no page was read before, but the words are loaded.
    """
    load_words()
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    found: dict[str, list[dict[str, Any]]] = {}
    seconds = 0.0
    for name in labels:
        page = read_page(gzip.decompress((folder / "pages" / f"{name}.html.gz").read_bytes()), "text/html")
        start = time.process_time()
        quotes = find_quotes(page)
        seconds += time.process_time() - start
        found[name] = [{"text": quote.text, "author": quote.author} for quote in quotes]
    return found, seconds / max(len(labels), 1) * 1_000


def measure(folder: Path, found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The figures of the folder's own program, which prints its report as well."""
    with tempfile.TemporaryDirectory() as scratch:
        answer, figures = Path(scratch) / "found.json", Path(scratch) / "figures.json"
        answer.write_text(json.dumps(found), encoding="utf-8")
        program, labels = str(folder / "score.py"), str(folder / "labels.json")
        command = [sys.executable, program, labels, str(answer), "--json", str(figures)]
        subprocess.run(command, check=True)  # noqa: S603 - the program that the developer names
        return json.loads(figures.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def report(figures: dict[str, Any], milliseconds: float) -> bool:
    """Prints the goals beside what was measured; returns whether all are met."""
    rows = [
        ("F1 of all quotes", figures["all"]["f1"], _MIN_F1),
        *[(f"F1 of {kind} ones", figures["kinds"][kind]["f1"], goal) for kind, goal in _MIN_F1_OF_KIND.items()],
        ("precision", figures["all"]["precision"], _MIN_PRECISION),
        ("authors", figures["all"]["author_accuracy"] or 0, _MIN_AUTHORS),
        ("clean pages", figures["clean_pages"] / max(figures["quoteless_pages"], 1), _MIN_CLEAN),
    ]
    sys.stdout.write(f"\n{'':20} {'measured':>10} {'goal':>6}\n")
    for name, value, goal in rows:
        sys.stdout.write(f"{name:20} {value:>10.3f} {goal:>6.2f}\n")
    sys.stdout.write(f"{'ms a page':20} {milliseconds:>10.2f} {_MAX_MS:>6.2f}\n")
    return all(value >= goal for _, value, goal in rows)


def main(folder: Path) -> int:
    """0 if all goals of accuracy are met. The time is only told, as it depends on the machine."""
    if not (folder / "labels.json").is_file():
        raise SystemExit(f"{folder} holds no labels.json; name the labelled pages with QUOTES=folder")
    found, milliseconds = find(folder)
    return 0 if report(measure(folder, found), milliseconds) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
