import gzip
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, lists

from page_fetch.body import gunzipped
from page_fetch.errors import ConnectionFailed, PageTooLarge


@given(binary(max_size=300_000), integers(1, 2_000), lists(integers(0, 400_000)))
def test_any_data_comes_back_however_it_is_cut(data: bytes, repeats: int, cuts: list[int]) -> None:
    plain = data * (repeats if len(data) * repeats < 400_000 else 1)
    packed = gzip.compress(plain, 1)
    edges = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
    pieces = [packed[start:end] for start, end in pairwise(edges)]
    parts = list(gunzipped(pieces, max_ratio=2_000))
    assert b"".join(parts) == plain
    assert max(map(len, parts), default=0) <= 65_536


@given(binary(), integers(1))
def test_data_without_its_end_is_cut_short(data: bytes, missing: int) -> None:
    packed = gzip.compress(data)
    with pytest.raises(ConnectionFailed):
        list(gunzipped([packed[: len(packed) - 1 - missing % (len(packed) - 1)]], max_ratio=2_000))


def test_a_bomb_stops_at_the_ratio_and_not_before_a_megabyte() -> None:
    parts: deque[bytes] = deque()
    with pytest.raises(PageTooLarge):
        parts.extend(gunzipped([gzip.compress(bytes(20_000_000))], max_ratio=200))
    assert 1_000_000 - 65_536 <= sum(map(len, parts)) <= 1_000_000


def test_what_compresses_by_less_than_the_ratio_is_no_bomb() -> None:
    text = b"".join(b"<td>row %d</td>" % number for number in range(200_000))
    assert b"".join(gunzipped([gzip.compress(text)], max_ratio=200)) == text
