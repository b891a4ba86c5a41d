"""What a machine may lack that some tests need."""

import os
from typing import NoReturn

import pytest


def is_missing(reason: str) -> NoReturn:
    """A laptop skips what needs it, and CI fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
