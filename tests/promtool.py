"""Prometheus' own tool, which checks what is written for Prometheus."""

import subprocess
from collections.abc import Callable
from pathlib import Path

OPS = Path(__file__).resolve().parents[1] / "ops"

Ended = subprocess.CompletedProcess[str]
Promtool = Callable[..., Ended]


def promtool_at(program: str) -> Promtool:
    """Runs `program` in `ops/`, with `given` on its standard input."""

    def run(*arguments: str, given: str = "") -> Ended:
        return subprocess.run(
            [program, *arguments], cwd=OPS, input=given, capture_output=True, text=True, timeout=60, check=False
        )

    return run
