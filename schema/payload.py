"""The shape every message of ours has."""

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """A frozen record. Unknown fields are dropped, so last month's histories still replay."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Document(BaseModel):
    """A record a person writes. Unknown fields are refused, so that a typing error is told at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
