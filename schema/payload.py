"""The shape every message of ours has, and what is said where one cannot be read."""

from pydantic import BaseModel, ConfigDict, ValidationError


class Payload(BaseModel):
    """A frozen record. Unknown fields are dropped, so last month's histories still replay."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Document(BaseModel):
    """A record a person writes. Unknown fields are refused, so that a typing error is told at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def first_problem(error: ValidationError) -> str:
    """Return the first field that cannot be used and why, without pydantic's own dressing."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"{where}: {said[:1].lower()}{said[1:]}" if where else said
