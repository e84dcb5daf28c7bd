"""What a model said, and what becomes of it. Of an answer's form only what is needed is asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from activities.writers.port import Unfit, Written
from schema.payload import Payload
from schema.prices.price_table import Tokens
from schema.text import one_line, paragraphs

T = TypeVar("T", bound=Payload)
_CUT = frozenset({"length", "max_tokens", "max_length", "model_length", "model_context_window_exceeded"})
_REFUSED = frozenset({"refusal", "content_filter", "safety", "recitation", "blocklist", "prohibited_content"})
_MOST_TOKENS = 10**9
_MOST_ID_CHARS = 200


@dataclass(frozen=True)
class Said:
    """One answer of a model."""

    text: str
    ending: str = ""
    """Why the model stopped, in its server's word. Only a few of them mean something: see `written`."""
    refused: bool = False
    vendors_id: str = ""
    tokens: Tokens | None = None
    """What was used; None where the answer does not say."""


async def written(said: Said, charged_microusd: int, model: str, read: Callable[[str], T]) -> Written[T]:
    """Return what was said as `read` understands it. A text that can be read is used, whatever ended it.

    Raises `Unfit` where it cannot be read, or where the model refused. Reading takes a thread of its own: mending may
    take a second.
    """
    said_text, ending = paragraphs(said.text), one_line(said.ending).lower()
    if said.refused or ending in _REFUSED:
        problem, mendable = f"{model} refused to write it", False
    elif not said_text:
        ended = f" ({ending})" if ending else ""
        problem, mendable = f"{model} answered without any text{ended}", True
    else:
        try:
            value = await asyncio.to_thread(read, said_text)
            return Written(value=value, charged_microusd=charged_microusd, vendors_id=said.vendors_id)
        except ValueError as error:
            problem, mendable = str(error), True
    if mendable and ending in _CUT:
        problem = "the answer was cut at its limit: be shorter"
    raise Unfit(
        problem,
        text=said_text,
        charged_microusd=charged_microusd,
        vendors_id=said.vendors_id,
        mendable=mendable,
    )


def fields(value: Any) -> dict[str, Any]:
    """Return an object as it is, and an empty one for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a text as it is, and an empty one for anything else."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """Return a number of tokens, also one that was written as text; None for what is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_TOKENS:
        return None
    return value


def id_of(value: Any) -> str:
    """Return the vendor's name for an answer; empty for what is none: nothing depends on it."""
    found = text(value)
    return found if found.isascii() and found.isprintable() and len(found) <= _MOST_ID_CHARS else ""
