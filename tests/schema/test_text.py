"""Text from elsewhere, before it is stored, sent or shown."""

import pytest

from schema.text import one_line, paragraphs, shortened


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("a\x00b\x07c\x1b[1;31md\x1b[0m", "abcd"),
        ("\x1b]0;title\x07shown", "shown"),
        ("half \ud800 \udfff done", "half   done"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a\tb", "a b"),
        ("  around \n", "around"),
        ("\u202eright\u200b \ufeffto left", "right to left"),
        (
            "می\u200cخواهم 👩\u200d🎨 🏴\U000e0067\U000e007f",
            "می\u200cخواهم 👩\u200d🎨 🏴\U000e0067\U000e007f",
        ),
        ("new \U0001fae8 emoji", "new \U0001fae8 emoji"),
    ],
)
def test_what_is_no_text_is_taken_out_and_letters_stay(text: str, kept: str) -> None:
    assert paragraphs(text) == kept


def test_one_line_has_single_spaces() -> None:
    assert one_line(" a\n\n b\t\tc \x00 ") == "a b c"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("exactly ten", "exactly ten"),
        ("exactly ten and", "exactly ten…"),
        ("exactly eleven", "exactly…"),
        ("twelveletters", "twelvelette…"),
        ("one, two, three", "one, two…"),
    ],
)
def test_a_text_is_cut_between_words(text: str, kept: str) -> None:
    assert shortened(text, 12) == kept
    assert len(kept) <= 12
