"""`make lecture` on the containers, with the profile `practice`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.containers import Compose, ContainerStack
from embedded.lecture import NAMES
from embedded.services import PROJECT
from tests.acceptance.lecture.shown import check, experiments

ALL_SECONDS = 900.0

pytestmark = pytest.mark.thorough


@pytest.fixture
def compose(stack: ContainerStack) -> Iterator[Compose]:
    """The stack with the practice site; whole again afterwards, without it."""
    stack.compose.up("practice_site")
    try:
        yield stack.compose
    finally:
        stack.compose("rm", "--stop", "--force", "practice_site")
        stack.compose.up()


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
