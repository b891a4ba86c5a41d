"""The command `wordcount file`."""

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from wordcount.main import main


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text("<html lang=en><p>Hello <b>w</b>orld, hello</p>", "utf-8")
    return path


def test_one_line_of_json_for_each_file(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = page.with_name("page.html.gz")
    packed.write_bytes(gzip.compress(page.read_bytes()))
    assert main(["file", "--top", "1", str(page), str(packed)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = {"words": 3, "unique_words": 2, "top": [["hello", 2]], "charset": "windows-1252", "language": "en"}
    assert lines == [{"file": str(page), **expected}, {"file": str(packed), **expected}]


def test_all_frequencies_on_request(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["file", "--frequencies", str(page)])
    assert json.loads(capsys.readouterr().out)["frequencies"] == {"hello": 2, "world": 1}


def test_quotes_in_place_of_words_on_request(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = tmp_path / "said.html"
    said.write_text(
        "<html lang=en><meta charset=utf-8><blockquote><p>Bread is patience with a crust.</p>"
        "<footer>— Helen Marsh, <cite>The Loaf</cite></footer></blockquote>",
        "utf-8",
    )
    plain = tmp_path / "plain.txt"
    plain.write_text("“Bread is patience with a crust,” Helen Marsh said.", "utf-8")
    assert main(["file", "--quotes", str(said), str(page), str(plain)]) == 0
    found, *without = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (quote,) = found.pop("quotes")
    assert found == {"file": str(said)}
    assert 0 < quote.pop("confidence") <= 1
    assert quote == {
        "text": "Bread is patience with a crust.",
        "author": "Helen Marsh",
        "source": "The Loaf",
        "kind": "marked",
        "rule": "blockquote",
    }
    assert without == [{"file": str(page), "quotes": []}, {"file": str(plain), "quotes": []}]


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a <b>c")))
    assert main(["file", "--content-type", "text/plain", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 3


def test_a_file_that_cannot_be_read_does_not_stop_the_others(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = page.with_name("broken.html.gz")
    broken.write_bytes(b"\x1f\x8bnot gzip at all")
    assert main(["file", "missing.html", str(broken), str(page)]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["words"] == 3
    missing, unreadable = captured.err.splitlines()
    assert missing == "wordcount: missing.html: No such file or directory"
    assert unreadable.startswith(f"wordcount: {broken}: ")


def test_a_file_whose_compressed_data_are_spoilt_does_not_stop_the_others(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = page.with_name("spoilt.html.gz")
    packed = bytearray(gzip.compress(page.read_bytes()))
    packed[10] |= 0b110  # the block's type, after a header of ten bytes: there is none of this number (RFC 1951)
    spoilt.write_bytes(packed)
    assert main(["file", str(spoilt), str(page)]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["words"] == 3
    (unreadable,) = captured.err.splitlines()
    assert unreadable.startswith(f"wordcount: {spoilt}: ")
    assert "invalid block type" in unreadable


def test_a_type_that_is_no_text_is_named(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["file", "--content-type", "image/png", str(page)]) == 1
    assert "image/png" in capsys.readouterr().err


def test_a_file_of_no_known_type_that_is_no_text_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert main(["file", str(picture)]) == 1
    assert capsys.readouterr() == ("", f"wordcount: {picture}: The page has no content type and is not text.\n")


@pytest.mark.parametrize(
    "arguments", [[], ["file"], ["file", "--top", "-1", "x"], ["file", "--tokenizer", "none", "x"]]
)
def test_wrong_arguments_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
