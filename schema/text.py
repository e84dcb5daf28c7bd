"""Text from people and models, made fit to be stored, sent and shown."""

import re
import unicodedata
from dataclasses import dataclass

from pydantic import BeforeValidator

_TERMINAL = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""What colours a terminal or sets its title: nothing of it is text."""
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_JOINERS = frozenset("\u200c\u200d") | {chr(tag) for tag in range(0xE0020, 0xE0080)}
"""Invisible, and part of a letter or an emoji: Persian words and flags need them."""
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters other than tab and line breaks, and halves of surrogate pairs."""


def paragraphs(text: str) -> str:
    """Return a text without control characters, halves of characters and what is invisible; its lines stay."""
    plain = _BREAKS.sub("\n", _TERMINAL.sub("", text)).replace("\t", " ")
    return "".join(letter for letter in plain if letter == "\n" or _is_shown(letter)).strip()


def one_line(text: str) -> str:
    """Return what `paragraphs` does, as one line with single spaces."""
    return " ".join(paragraphs(text).split())


def require_storable(text: str) -> str:
    """Return the text with plain line breaks. Raises `ValueError` for a character that cannot be stored or shown."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNSTORABLE.search(text):
        where = f"U+{ord(found.group()):04X} at position {found.start() + 1}"
        raise ValueError(f"it has a character that cannot be stored ({where}); leave it out")
    return text


STORABLE = BeforeValidator(lambda given: require_storable(given) if isinstance(given, str) else given)
"""Refuses what cannot be stored in a person's text; it comes after the limits of a field's length."""


@dataclass(frozen=True)
class AtMost:
    """The limit of a payload's text: checked where it is taken in, not when it is decoded."""

    chars: int
    many: int = 1
    """Of a list of texts: how many."""


def shortened(text: str, most_chars: int) -> str:
    """Return a text cut between two words, with an ellipsis, where it is longer than that."""
    if len(text) <= most_chars:
        return text
    start = text[:most_chars].rpartition(" ")[0] or text[: most_chars - 1]
    return f"{start.rstrip(' ,;:.-')}…"


def _is_shown(letter: str) -> bool:
    return letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
