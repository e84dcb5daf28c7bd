"""Reads a model's answer as what it was asked for, or says in sentences what is wrong with it."""

from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from activities.writers.answer_schema import reason_at
from activities.writers.json_object import object_in
from schema.payload import Document
from schema.text import paragraphs

_MOST_PROBLEMS = 3


def read_answer(text: str, answer: type[Document]) -> Document:
    """Return the answer in a text; unknown fields are dropped.

    Raises `ValueError` with one sentence for each of the first problems: a model mends its answer by them.
    """
    found = _tidy(object_in(text, tuple(answer.model_fields)))
    try:
        return answer.model_validate(found, extra="ignore")
    except ValidationError as error:
        told = dict.fromkeys(_sentence(problem, answer) for problem in error.errors(include_url=False))
        raise ValueError("; ".join(list(told)[:_MOST_PROBLEMS])) from None


def _tidy(value: Any) -> Any:
    """Take control characters and what is invisible out of every text."""
    if isinstance(value, dict):
        return {name: _tidy(part) for name, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_tidy(part) for part in cast("list[Any]", value)]
    return paragraphs(value) if isinstance(value, str) else value


def _sentence(problem: ErrorDetails, answer: type[Document]) -> str:
    """Say what is wrong with one field, without what stood there."""
    whole, field = _named(problem["loc"])
    name = field.replace("_", " ")
    has = f"{whole} has a {name}"
    bounds = problem.get("ctx", {})
    reason = reason_at(answer, problem["loc"])
    match problem["type"]:
        case "model_type" | "model_attributes_type":
            return f"{whole} is no JSON object" if not name else f"{has} that is no JSON object"
        case "missing":
            return f"{whole} has no {name}"
        case "string_type" | "string_unicode" if name and problem["input"] is None:
            return f"{whole} has no {name}"
        case "string_too_short" if name:
            return f"{has} that is too short: it needs at least {bounds['min_length']} characters"
        case "string_too_long":
            most = bounds["max_length"]
            if not name:
                return f"{whole} has more than {most} characters{f'; {reason}' if reason else ''}"
            return f"{has} that is too long: {reason or f'it may have {most} characters'}"
        case "too_short" | "too_long" as kind:
            wanted = (
                f"it needs {bounds['min_length']}"
                if kind == "too_short"
                else f"it may have {bounds['max_length']}"
            )
            return f"{whole} has {len(problem['input'])} {name}; {reason or wanted}"
        case "tuple_type":
            return f"{whole} has {name} that are no list"
        case "string_type" | "string_unicode":
            return f"{has} that is no text" if name else f"{whole} is no text"
        case kind if kind.startswith("int_") and name:
            return f"{has} that is no number"
        case _:
            said = problem["msg"].removeprefix("Value error, ")
            return f"{has} that cannot be used: {said[:1].lower()}{said[1:]}" if name else said


def _named(place: tuple[int | str, ...]) -> tuple[str, str]:
    """Return the holder of a field, e.g. "prompt 1 of the answer", and the field's name."""
    whole, names = "the answer", list(place)
    while len(names) > 1 and isinstance(names[1], int):
        whole, names = f"{str(names[0]).removesuffix('s')} {names[1] + 1} of {whole}", names[2:]
    return whole, str(names[0]) if names else ""
