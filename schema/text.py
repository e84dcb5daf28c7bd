"""Text that people and vendors send: only what can be stored, shown and posted."""

import re
from typing import Annotated

from pydantic import AfterValidator

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters other than tab and line breaks, and halves of surrogate pairs."""


def require_storable(text: str) -> str:
    """Return the text with plain line breaks. Raises `ValueError` for a character that cannot be stored or shown."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNSTORABLE.search(text):
        where = f"U+{ord(found.group()):04X} at position {found.start() + 1}"
        raise ValueError(f"it has a character that cannot be stored ({where}); leave it out")
    return text


def storable(text: str) -> str:
    """Return the text without the characters that cannot be stored or shown."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


Text = Annotated[str, AfterValidator(require_storable)]
"""What a person wrote; a character that cannot be stored is refused."""
