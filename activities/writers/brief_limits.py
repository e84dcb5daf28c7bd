"""The longest brief that its fields' limits allow: the highest price of words rests on it."""

from typing import Any, TypeVar

from activities.writers.answer_schema import DEAREST
from schema.payload import Payload
from schema.text import AtMost

B = TypeVar("B", bound=Payload)
_TEXTS: tuple[Any, ...] = (str, str | None, tuple[str, ...])


def longest_brief(brief: type[B], **given: Any) -> B:
    """Return a brief with what is given, and every other text as long, and as dear, as its `AtMost` allows.

    Raises `ValueError` for a text that is not given and names no limit: the price of a task would have no bound.
    """
    longest = {name: _longest(brief, name) for name in brief.model_fields if name not in given}
    return brief(**given, **{name: text for name, text in longest.items() if text is not None})


def _longest(brief: type[Payload], name: str) -> str | tuple[str, ...] | None:
    """Return a field's longest text; None for what is no text."""
    field = brief.model_fields[name]
    if field.annotation not in _TEXTS:
        return None
    limit = next((one for one in field.metadata if isinstance(one, AtMost)), None)
    if limit is None:
        raise ValueError(f"{brief.__name__}.{name} has no limit of its length: name it as `AtMost`")
    text = DEAREST * limit.chars
    return (text,) * limit.many if field.annotation == tuple[str, ...] else text
