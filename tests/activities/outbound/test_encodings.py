"""An answer that came packed is unpacked within the limit."""

import gzip
import zlib

import pytest

from activities.outbound.encodings import unpacked
from activities.outbound.errors import TooLarge, Unexpected


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"said", ""),
        (b"said", "identity"),
        (gzip.compress(b"said", mtime=0), " GZIP "),
        (zlib.compress(b"said"), "deflate"),
    ],
)
def test_what_was_packed_is_read(body: bytes, encoding: str) -> None:
    assert unpacked(body, encoding, 200, 4) == b"said"


def test_a_small_answer_that_unpacks_to_a_large_one_is_not_read() -> None:
    with pytest.raises(TooLarge):
        unpacked(gzip.compress(b"x" * 10_000_000), "gzip", 200, 9_999_999)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b"said", mtime=0)[:-3], "gzip"), (b"said", "gzip"), (b"", "gzip"), (b"said", "br")],
)
def test_what_cannot_be_unpacked_is_no_answer(body: bytes, encoding: str) -> None:
    with pytest.raises(Unexpected):
        unpacked(body, encoding, 200, 100)
