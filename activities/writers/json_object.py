"""Finds the JSON object in a model's text, and mends it where it is broken."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, cast

MOST_CHARS = 20_000
"""Of an object that is mended: longer ones are no answer to our asks, and mending takes long."""
_MOST_STARTS = 200
_MOST_MENDED = 3
_OPENS = re.compile(r"""\{\s*(?://[^\n]*\s*)?["'“‘]?(\w+)["'”’]?\s*:""")
"""Where an object opens with its first name, in quotes or not, perhaps behind a comment."""


def object_in(text: str, wanted: Collection[str]) -> dict[str, Any]:
    """Return the object that has most of the wanted names; of equals the last, since drafts come first.

    What can be read as it is goes before what is mended. Raises `ValueError` where there is no such object.
    """
    best = _best(_readable(text), wanted)
    if _has(best, wanted) < len(wanted):
        best = max(best, _best(_mended(text, wanted), wanted), key=lambda found: _has(found, wanted))
    if _has(best, wanted):
        return best
    if "{" not in text:
        raise ValueError("the answer is no JSON object")
    if "}" not in text:
        raise ValueError("the answer is no whole JSON object: its end is missing")
    raise ValueError(f"the answer has none of the fields it was asked for: {', '.join(wanted)}")


def _best(found: Iterable[dict[str, Any]], wanted: Collection[str]) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    return max(reversed(list(found)), key=lambda one: _has(one, wanted), default=nothing)


def _has(found: dict[str, Any], wanted: Collection[str]) -> int:
    return len(set(wanted) & set(found))


def _readable(text: str) -> Iterator[dict[str, Any]]:
    """Yield each object that is valid JSON, nested ones and those inside a JSON string included."""
    decoder = json.JSONDecoder()
    try:
        whole: Any = decoder.decode(text.strip())
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, str):
        text = whole
    for opening in list(re.finditer(r"\{", text))[-_MOST_STARTS:]:
        try:
            found, _ = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            continue
        yield cast("dict[str, Any]", found)


def _mended(text: str, wanted: Collection[str]) -> Iterator[dict[str, Any]]:
    """Give what the mender makes of each place where the object may begin, up to the last closing brace."""
    import json_repair  # loaded late: what only names a task, as a story does, needs no mender

    end = text.rfind("}") + 1
    named = [opening.start() for opening in _OPENS.finditer(text) if opening[1] in wanted]
    for start in dict.fromkeys([max(text.find("{"), 0), *named[-_MOST_MENDED:]]):
        try:
            found: Any = json_repair.loads(text[start:end][:MOST_CHARS], skip_json_loads=True)
        except Exception:  # whatever the mender makes of a foreign text: then it is not mended
            continue
        rows = cast("list[Any]", found) if isinstance(found, list) else [found]
        yield from (cast("dict[str, Any]", row) for row in rows if isinstance(row, dict))
