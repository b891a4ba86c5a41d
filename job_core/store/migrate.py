"""Brings the job store's tables to the newest form.

Safe to run at any time and more than once at a time: an advisory lock lets one run after the other.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from job_core.config import database_options

LOCK = 0x6A6F6273  # any number that nobody else locks
CONNECT_SECONDS = "10"  # to each server that the URL names
MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(url: str, *, further: Sequence[Path] = ()) -> None:
    """Upgrade the database at `url`. `further` are folders with migrations of tables that stand beside `jobs`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(map(str, [MIGRATIONS / "versions", *further])))
    options = {"connect_timeout": CONNECT_SECONDS} | database_options(url)
    engine = create_engine("postgresql+psycopg2://", connect_args=options)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
    engine.dispose()
