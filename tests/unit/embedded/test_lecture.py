"""docs/lecture.md names every experiment of `make lecture`, and no other."""

import os
import re
import subprocess
import sys
from pathlib import Path

from embedded.lecture import NAMES
from embedded.services import PROJECT

DOCUMENTS = ("README.md", "docs/lecture.md")


def test_the_documents_name_the_experiments_that_there_are() -> None:
    text = "".join((PROJECT / name).read_text(encoding="utf-8") for name in DOCUMENTS)
    assert set(re.findall(r"\bONLY=(\w+)", text)) == set(NAMES)


def test_where_no_stack_runs_that_is_one_sentence_with_both_ways_to_start_one(tmp_path: Path) -> None:
    ended = subprocess.run(
        (sys.executable, "-m", "embedded.lecture", "--data", str(tmp_path)),
        cwd=PROJECT,
        env=os.environ | {"PATH": str(tmp_path)},  # where there is no Docker
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "no stack runs here; start one in another terminal, by `make up` or by "
        "`docker compose --profile practice up --build --wait`\n"
    )
