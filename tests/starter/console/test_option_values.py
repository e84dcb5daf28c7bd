"""Texts on the command line are stored within limits, or refused with a remedy."""

import io
from pathlib import Path

import pytest

from schema.failure import Fault, Trouble
from starter.console.option_values import caption_value, line_value


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, None),
        ("  A bakery\n in   Lyon ", "A bakery in Lyon"),
        ("a\x1b[31mb\x07\tc\u2028d", "ab c d"),
        ("é" * 20, "é" * 20),
    ],
)
def test_a_line_is_cleaned(given: str | None, text: str | None) -> None:
    assert line_value("--topic", given, 20) == text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "--topic is empty; leave it out"),
        ("   ", "--topic is empty"),
        ("\x07\u200b", "--topic is empty"),
        ("é" * 21, "--topic has 21 characters; it may have 20"),
        ("\udcff", "--topic is no text in UTF-8"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused(given: str, said: str) -> None:
    with pytest.raises(Trouble, match=said) as refused:
        line_value("--topic", given, 20)
    assert refused.value.fault is Fault.BAD_INPUT


def test_a_caption_keeps_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert caption_value("one\r\n\r\ntwo\x07", None, 20) == "one\n\ntwo"
    file = tmp_path / "caption.txt"
    file.write_bytes(b"\xef\xbb\xbfone\r\n#two\n")
    assert caption_value(None, str(file), 20) == "one\n#two"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("drei ü\n".encode())))
    assert caption_value(None, "-", 20) == "drei ü"
    assert caption_value(None, None, 20) is None


def test_a_captions_file_that_cannot_be_used_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "wide.txt").write_bytes("ü".encode("utf-16"))
    (tmp_path / "empty.txt").write_bytes(b"\n")
    (tmp_path / "long.txt").write_bytes(b"x" * 1_000_000)
    for name, said in {
        "none.txt": "none.txt' cannot be read",
        ".": "cannot be read",
        "wide.txt": "wide.txt' is no text in UTF-8",
        "empty.txt": "--caption-file is empty",
        "long.txt": "--caption-file has 100,000 characters; it may have 2,200",
    }.items():
        with pytest.raises(Trouble, match=said):
            caption_value(None, str(tmp_path / name), 2_200)
    with pytest.raises(Trouble, match="exclude each other"):
        caption_value("x", "y", 20)
