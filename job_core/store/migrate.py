"""Brings the job store's tables to the newest form, and says whether they have it.

Safe to run at any time and more than once at a time: an advisory lock lets one run after the other.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from job_core.config import database_options
from job_core.store.database import Database

LOCK = 0x6A6F6273  # any number that nobody else locks
CONNECT_SECONDS = "10"  # to each server that the URL names
MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(url: str, *, further: Sequence[Path] = ()) -> None:
    """Upgrade the database at `url`. `further` are folders with migrations of tables that stand beside `jobs`."""
    config = _config(further)
    options = {"connect_timeout": CONNECT_SECONDS} | database_options(url)
    engine = create_engine("postgresql+psycopg2://", connect_args=options)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
    engine.dispose()


def run_sql(folder: Path) -> None:
    """Within a migration: run the folder's `schema.sql` and `functions.sql`.

    They run as they are: no parameter is in them, so no percent sign nor colon means anything.
    """
    cursor = op.get_bind().connection.cursor()
    for name in ("schema.sql", "functions.sql"):
        cursor.execute((folder / name).read_text(encoding="utf-8"))


def is_current(url: str, *, further: Sequence[Path] = ()) -> bool:
    """Whether the database at `url` has all that `migrate` would make. It only reads, so any role of ours may ask.

    Raises DatabaseUnavailable. Revisions that this code does not know are those of a newer release, whose migration, in
    one transaction, has made all that this one would.
    """
    scripts = ScriptDirectory.from_config(_config(further))
    with Database(url, pool_size=1).reading() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    known = {script.revision for script in scripts.walk_revisions()}
    if found - known:
        return True
    return known == {script.revision for script in scripts.iterate_revisions(tuple(found), "base")}


def _config(further: Sequence[Path]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(map(str, [MIGRATIONS / "versions", *further])))
    return config
