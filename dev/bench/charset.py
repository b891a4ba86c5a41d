"""How often the encoding of a page that declares none is detected: `python -m dev.bench.charset`.

The texts are Django's translations, which the target has uv put beside the environment for this run. Pieces of them are
written in each encoding of their language; a piece is right if it reads as it was written.
Exits with 1 if a goal is missed.
"""

import ast
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from page_read.decoding import decode
from page_read.encoding import decode_body

_GOALS = {200: 0.98, 2_000: 1.0}  # of the pieces of so many characters
_PIECES = 30  # of each length and language
_ENCODINGS = """
ru windows-1251 koi8-r iso-8859-5 ibm866
uk windows-1251 koi8-u
bg windows-1251 iso-8859-5
sr windows-1251
be windows-1251
mk windows-1251
el windows-1253 iso-8859-7
he windows-1255
ar windows-1256 iso-8859-6
fa windows-1256
tr windows-1254
th windows-874
vi windows-1258
lt windows-1257 iso-8859-13 iso-8859-4
lv windows-1257 iso-8859-13 iso-8859-4
et windows-1257 iso-8859-15
pl windows-1250 iso-8859-2
cs windows-1250 iso-8859-2
sk windows-1250 iso-8859-2
hu windows-1250 iso-8859-2
ro windows-1250 iso-8859-2
hr windows-1250 iso-8859-2
sl windows-1250 iso-8859-2
ja shift_jis euc-jp iso-2022-jp
ko euc-kr
zh_Hans gbk
zh_Hant big5
de windows-1252
fr windows-1252
es windows-1252
pt windows-1252
it windows-1252
nl windows-1252
da windows-1252
sv windows-1252
nb windows-1252
fi windows-1252
is windows-1252
ca windows-1252
"""
_PYTHON_NAMES = {"windows-874": "cp874", "ibm866": "cp866", "shift_jis": "cp932", "euc-kr": "cp949"}
_TRANSLATION = re.compile(r'^msgstr (".*"(?:\n".*")*)', re.MULTILINE)
_NOT_PROSE = re.compile(r"%\(\w+\)\w|%\w|\{\w+\}|[<>&]")
_TONES = "\u0300\u0301\u0303\u0309\u0323"  # which windows-1258 writes after the letter
_CEDILLAS = str.maketrans("ȘșȚț", "ŞşŢţ")  # for the commas that code pages have no room for


def read_messages(language: str) -> list[str]:
    """The longer messages of Django in a language. Raises SystemExit if Django is not there."""
    spec = find_spec("django")
    if spec is None or spec.origin is None:
        raise SystemExit("Django's translations are not there: use `make accuracy-charset`")
    messages = []
    for path in sorted(Path(spec.origin).parent.glob(f"**/locale/{language}/LC_MESSAGES/django.po")):
        for found in _TRANSLATION.findall(path.read_text("utf-8")):
            message = "".join(ast.literal_eval(line) for line in found.splitlines())
            if "Content-Type" not in message and len(message) > 25:
                messages.append(_NOT_PROSE.sub("", message).replace("\n", " "))
    return messages


def cut_pieces(language: str, length: int) -> Iterator[str]:
    """Pieces of so many characters, the same ones in each run."""
    messages = read_messages(language)
    chance = random.Random(f"{language} {length}")  # noqa: S311
    for _ in range(_PIECES):
        chance.shuffle(messages)
        yield " ".join(messages)[:length]


def encode(text: str, charset: str) -> bytes:
    """`text` in an encoding, without the signs that it does not have."""
    if charset == "windows-1258":
        split = "".join(unicodedata.normalize("NFD", letter) for letter in text)
        text = unicodedata.normalize("NFC", re.sub(f"([{_TONES}])", "\ufffc\\1", split)).replace("\ufffc", "")
    if charset in {"windows-1250", "iso-8859-2"}:
        text = text.translate(_CEDILLAS)
    return text.encode(_PYTHON_NAMES.get(charset, charset), "ignore")


def measure(length: int) -> float:
    """Prints what went wrong with pieces of so many characters, and returns the share of those that were right."""
    right = total = 0
    for language, *charsets in (line.split() for line in _ENCODINGS.strip().splitlines()):
        for charset in charsets:
            wrong: Counter[str] = Counter()
            for piece in cut_pieces(language, length):
                encoded = encode(piece, charset)
                detected = decode_body(b"<p>" + encoded, None)[1]
                total += 1
                if decode(encoded, detected) == decode(encoded, charset):
                    right += 1
                else:
                    wrong[detected] += 1
            if wrong:
                found = ", ".join(f"{count} {name}" for name, count in wrong.most_common())
                sys.stdout.write(f"{length:>6,} {language:8} {charset:13} taken for {found}\n")
    sys.stdout.write(f"{length:>6,} characters: {right:,} of {total:,} right, {right / total:.2%}\n")
    return right / total


if __name__ == "__main__":
    missed = [length for length, goal in _GOALS.items() if measure(length) < goal]
    sys.exit(1 if missed else 0)
