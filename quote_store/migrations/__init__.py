"""The migrations of the tables of quotes, which run beside those of the job store."""

from pathlib import Path

VERSIONS = Path(__file__).with_name("versions")
