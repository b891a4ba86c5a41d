"""The virtual environments of the peers, made by the project's own uv."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from embedded.services import PROJECT

FOLDER = PROJECT / ".local" / "bench-peers"
COMMON = (
    "ada-url",
    "chardet",
    "icu4py",
    "nltk",
    "psycopg2-binary",
    "requests",
    "selectolax",
)  # what the job itself needs


def make_environment(name: str, packages: Sequence[str]) -> Path:
    """The `bin` of an environment with `packages`; what uv.lock pins has that version here too."""
    folder = FOLDER / name
    lock = FOLDER / "lock.txt"
    _uv("venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder))
    _uv("export", "--quiet", "--no-hashes", "--no-emit-project", "--all-groups", "--output-file", str(lock))
    where = ("--python", str(folder / "bin" / "python"), "--constraints", str(lock))
    _uv("pip", "install", "--quiet", "--compile-bytecode", *where, *packages, *COMMON)
    return folder / "bin"


def _uv(*arguments: str) -> None:
    uv = str(PROJECT / "embedded" / "uv.sh")
    subprocess.run([uv, *arguments], stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - the project's own
