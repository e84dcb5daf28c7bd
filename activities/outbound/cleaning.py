"""Foreign text, made fit for a line of ours: an error, a reason, a log."""

import re
import unicodedata
from collections.abc import Sequence

MOST_CHARS = 300


def cleaned(text: str, secrets: Sequence[str] = ()) -> str:
    """Return a foreign text as one short line without control characters, keys and long runs of letters."""
    for secret in secrets:
        text = text.replace(secret, "***")
    printable = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in text[:5_000])
    return re.sub(r"\S{60,}", "***", " ".join(printable.split()))[:MOST_CHARS]
