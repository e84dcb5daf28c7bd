"""What a person sent by hand, read leniently: a malformed one changes nothing, and says what was wrong."""

import json
from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError

from schema.payload import first_problem
from schema.reviews.review import DecisionKind, Word, WordForm

_TEXT_OF = {"revise": "notes", "reject": "notes", "edit_caption": "caption", "approve": "caption"}
"""Where a bare text goes: `revise "warmer light"` means notes, `edit_caption "..."` means the caption."""
_NEEDED = {"revise": "notes", "edit_caption": "caption"}


class Malformed(Exception):
    """A word that cannot be understood; the text says why, for the person who sent it."""


def read_word(kind: DecisionKind, item_id: str, inputs: Sequence[Any]) -> Word:
    """Return what `kind` with these inputs means.

    No input is a word of its own: approve means the revision now on show. One input is a text or an object with
    `actor`, `notes`, `caption` or `review_id`. Raises `Malformed`.
    """
    if len(inputs) > 1:
        raise Malformed(f"{kind}: one input at most, not {len(inputs)}")
    given = _as_fields(kind, inputs[0]) if inputs else {}
    try:
        word = WordForm(kind=kind, item_id=item_id, **given)
    except ValidationError as error:
        raise Malformed(f"{kind}: {first_problem(error)}") from error
    needed = _NEEDED.get(kind)
    if needed and not getattr(word, needed):
        raise Malformed(f"{kind}: it needs {needed}, as a text or as {json.dumps({needed: '...'})}")
    return word


def _as_fields(kind: DecisionKind, given: Any) -> dict[str, Any]:
    if given is None or given == "":
        return {}
    if isinstance(given, str):
        return {_TEXT_OF[kind]: given}
    if not isinstance(given, dict):
        what = "something that is no JSON" if isinstance(given, bytes) else type(given).__name__
        raise Malformed(f"{kind}: expected a text or an object, got {what}")
    fields = cast(dict[str, Any], given)
    allowed = {"actor", "notes", "caption", "review_id"}
    if unknown := sorted(str(name) for name in fields if name not in allowed):
        raise Malformed(
            f"{kind}: unknown fields {', '.join(unknown)}; there are {', '.join(sorted(allowed))}"
        )
    return fields
