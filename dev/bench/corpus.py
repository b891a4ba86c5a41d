"""Real pages and what a browser counts on them, read from a folder with `pages/` and `browser.json.gz`."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from page_read.words import frequencies

TESTS = Path(__file__).parents[2] / "tests"


@dataclass(frozen=True, kw_only=True)
class CorpusPage:
    """A page as served, and the browser's own figures."""

    name: str
    body: bytes
    content_type: str
    frequencies: dict[str, int]


def read_corpus(folder: Path) -> list[CorpusPage]:
    """Every page of the corpus. Raises SystemExit, with what to do, if the folder holds none."""
    truth_file = folder / "browser.json.gz"
    if not truth_file.is_file():
        raise SystemExit(f"{folder} holds no browser.json.gz; name the corpus with CORPUS=folder")
    truth = json.loads(gzip.decompress(truth_file.read_bytes()))
    return [
        CorpusPage(
            name=name,
            body=_read(folder / "pages" / name),
            content_type=page["content_type"],
            frequencies=page["frequencies"],
        )
        for name, page in sorted(truth.items())
    ]


def read_pieces() -> list[CorpusPage]:
    """The pieces of HTML of the reader's tests, with the words of Chromium's answers."""
    pieces = json.loads((TESTS / "unit" / "page_read" / "browser_answers.json").read_text("utf-8"))
    return [
        CorpusPage(
            name=html,
            body=html.encode(),
            content_type="text/html; charset=utf-8",
            frequencies=dict(frequencies(answer, "words")),
        )
        for html, answer in pieces
    ]


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())
