"""URLs and ids from arguments and standard input."""

import io
import sys
from pathlib import Path
from uuid import UUID

import pytest

from wordcount.errors import InvalidInput
from wordcount.inputs import local_server, read_ids, read_lines


def give(monkeypatch: pytest.MonkeyPatch, written: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(written)))


def test_lines_of_standard_input_stand_where_the_dash_does(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"\xef\xbb\xbfhttps://b\r\n\n  https://c \nhttps://d")
    assert read_lines(["https://a", "-", "https://e"]) == [f"https://{letter}" for letter in "abcde"]


def test_standard_input_that_is_not_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"https://example.com/\xff")
    with pytest.raises(InvalidInput, match=r"^Standard input is not UTF-8 text\.$"):
        read_lines(["-"])


def test_an_empty_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b" \n\n")
    with pytest.raises(InvalidInput, match=r"^Standard input is empty\.$"):
        read_lines(["-"])


def test_ids_are_the_first_words_of_their_lines_and_each_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = UUID(int=7), UUID(int=2**127)
    give(monkeypatch, f"{second}  https://example.com/\n{first}\tPENDING\n{second}\n".encode())
    assert read_ids(["-", str(first)]) == [second, first]


@pytest.mark.parametrize(
    ("environment", "settings", "server"),
    [
        ({}, None, "http://localhost:5050"),
        ({}, "#MANAGER_PORT=5051\nFLOWER_PORT=1\n", "http://localhost:5050"),
        ({}, "MANAGER_PORT=5051\n", "http://localhost:5051"),
        ({}, "MANAGER_PORT=5051\nMANAGER_PORT='5052'\n", "http://localhost:5052"),
        ({"MANAGER_PORT": "5053"}, "MANAGER_PORT=5051\n", "http://localhost:5053"),
        ({"MANAGER_PORT": ""}, "MANAGER_PORT=\n", "http://localhost:5050"),
    ],
)
def test_the_manager_of_this_machine_is_where_the_settings_put_it(
    environment: dict[str, str], settings: str | None, server: str, tmp_path: Path
) -> None:
    if settings is not None:
        (tmp_path / ".env").write_text(settings)
    assert local_server(environment, tmp_path / ".env") == server
