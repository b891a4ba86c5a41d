"""The virtual environments of the peers, made once each by the project's own uv."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from embedded.services import PROJECT

FOLDER = PROJECT / ".local" / "bench-peers"
COMMON = ("icu4py", "nltk", "psycopg2-binary", "requests", "selectolax")  # what the job itself needs


def make_environment(name: str, packages: Sequence[str]) -> Path:
    """The `bin` of an environment that holds `packages`. What uv.lock pins has that version here too."""
    folder = FOLDER / name
    lock = _uv("export", "--quiet", "--no-hashes", "--no-emit-project", "--all-groups")
    wanted = "\n".join([*packages, *COMMON, lock])
    made = folder / "made-of.txt"
    if not made.exists() or made.read_text(encoding="utf-8") != wanted:
        python = folder / "bin" / "python"
        _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        constraints = folder / "constraints.txt"
        constraints.write_text(lock, encoding="utf-8")
        where = ("--python", str(python), "--constraints", str(constraints))
        _uv("pip", "install", "--quiet", "--compile-bytecode", *where, *packages, *COMMON)
        made.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def _uv(*arguments: str) -> str:
    uv = PROJECT / "embedded" / "uv.sh"
    done = subprocess.run([str(uv), *arguments], stdout=subprocess.PIPE, check=True)  # noqa: S603 - the project's own
    return done.stdout.decode()
