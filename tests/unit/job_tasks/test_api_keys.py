import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_tasks.api_keys import ApiKey, hash_key, make_key, owner_of, read_api_key

KEYS = {name: make_key() for name in ("ci", "team-a")}
KNOWN = [ApiKey(name=name, sha256=hash_key(key)) for name, key in KEYS.items()]


def test_a_key_is_its_owners() -> None:
    assert {name: owner_of(key, KNOWN) for name, key in KEYS.items()} == {"ci": "ci", "team-a": "team-a"}


def test_a_name_may_have_two_keys_while_one_takes_over_from_the_other() -> None:
    new = make_key()
    both = [*KNOWN, ApiKey(name="ci", sha256=hash_key(new))]
    assert (owner_of(KEYS["ci"], both), owner_of(new, both)) == ("ci", "ci")


@given(st.text() | st.sampled_from([key[:-1] for key in KEYS.values()] + [str(key) for key in KNOWN]))
def test_nothing_else_is_a_key_and_least_of_all_what_the_settings_hold(text: str) -> None:
    assert owner_of(text, KNOWN) is None


def test_a_key_is_256_random_bits_behind_a_prefix_that_is_known() -> None:
    made = {make_key() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"wc_[A-Za-z0-9_-]{43}", key) for key in made)


def test_a_line_is_read_as_it_was_written() -> None:
    assert [read_api_key(str(key)) for key in KNOWN] == KNOWN


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "job_manager.api_key", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_prints_a_key_and_the_line_that_lets_it_in() -> None:
    said = run("ci")
    key, line = (each.rpartition(" ")[2] for each in said.stdout.splitlines())
    assert said.returncode == 0
    assert owner_of(key, [read_api_key(line)]) == "ci"
    assert key not in line


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["a b"], ["a:b"], [""], ["x" * 65]])
def test_the_command_says_how_it_is_used(arguments: list[str]) -> None:
    said = run(*arguments)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("usage: python -m job_manager.api_key NAME")
