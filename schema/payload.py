"""The shape every message of ours has, and what is said where one cannot be read."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from schema.failure import Fault, Trouble

M = TypeVar("M", bound=BaseModel)


class Payload(BaseModel):
    """A frozen record. Unknown fields are dropped, so last month's histories still replay.

    Decoding it checks types only. A limit stands in a form: a subclass that doors take values in by.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    def canonical_json(self, exclude: Mapping[str, Any] | None = None) -> str:
        """Return what a hash is made of, without fields at their default.

        So a field that a later version adds changes no hash. `exclude` names fields that the hash is not about.
        """
        return self.model_dump_json(exclude_defaults=True, exclude=dict(exclude or {}))


class Document(BaseModel):
    """A record a person writes. Unknown fields are refused, so that a typing error is told at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


_SAID = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "string_type": "{input!r} is no text",
    "string_too_long": "it has more than {max_length} characters",
    "int_type": "{input!r} is no whole number",
    "int_parsing": "{input!r} is no whole number",
    "int_from_float": "{input!r} is no whole number",
    "float_type": "{input!r} is no number",
    "float_parsing": "{input!r} is no number",
    "decimal_parsing": "{input!r} is no number",
    "finite_number": "{input!r} is no number",
    "bool_parsing": "{input!r} is neither true nor false",
    "greater_than": "{input} is not more than {gt}",
    "greater_than_equal": "{input} is less than {ge}",
    "less_than": "{input} is not less than {lt}",
    "less_than_equal": "{input} is more than {le}",
    "literal_error": "{input!r} is not {expected}",
    "enum": "{input!r} is not {expected}",
}
"""Pydantic's kinds of errors in our words, with what pydantic knows of each."""
_NAMES = "[a-z0-9"
"""How the pattern of every id begins."""


def said_of(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with one value, for a person who never heard of pydantic."""
    known = {"input": problem["input"], **problem.get("ctx", {})}
    match problem["type"]:
        case "string_too_short":
            least = known["min_length"]
            return "it is empty" if least == 1 else f"it has fewer than {least} characters"
        case "string_pattern_mismatch" if _NAMES in known["pattern"]:
            return f"{known['input']!r} is no name of ours; use lower-case letters, digits and dashes"
        case kind if kind in _SAID:
            return _SAID[kind].format_map(known)
        case _:
            said = str(problem["msg"]).removeprefix("Value error, ")
            return f"{said[:1].lower()}{said[1:]}"


def first_problem(error: ValidationError) -> str:
    """Return the first field that cannot be used and why, without pydantic's own dressing."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {said_of(first)}" if where else said_of(first)


def taken_in(form: type[M], fields: Mapping[str, Any]) -> M:
    """Return what a person gave, checked. Raises `Trouble` (`bad_input`) with the first field that cannot be used."""
    try:
        return form.model_validate(fields)
    except ValidationError as error:
        raise Trouble(Fault.BAD_INPUT, first_problem(error)) from None
