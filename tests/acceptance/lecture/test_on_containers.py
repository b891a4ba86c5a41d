"""`make lecture` on the containers, with the profile `practice`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.containers import Compose, container_stack, own_project
from embedded.lecture import NAMES
from embedded.services import PROJECT
from tests.acceptance.lecture.shown import check, experiments

ALL_SECONDS = 900.0

pytestmark = pytest.mark.thorough


@pytest.fixture
def compose(_engine: None) -> Iterator[Compose]:
    """The stack with the practice site."""
    with container_stack(own_project("lecture")) as stack:
        stack.compose.up("practice_site")
        yield stack.compose


def test_every_experiment_shows_what_the_lecture_says(compose: Compose, tmp_path: Path) -> None:
    ended = subprocess.run(
        (sys.executable, "-m", "embedded.lecture", "--data", str(tmp_path)),
        cwd=PROJECT,
        env=os.environ | compose.environment | {"COMPOSE_FILE": ":".join(compose.files)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=ALL_SECONDS,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    shown = experiments(ended.stdout)
    assert list(shown) == list(NAMES)
    for name in NAMES:
        check(name, shown[name])
