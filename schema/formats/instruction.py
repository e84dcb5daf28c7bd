"""What a model is told: words as data, in `schema/formats/words/`. What changes from ask to ask is not in them."""

from functools import cache
from importlib import resources

import yaml
from pydantic import Field

from schema.payload import Document


class Instruction(Document):
    """The fixed words around one kind of ask."""

    version: int = Field(ge=1)
    system: str = Field(min_length=1)
    """Who the model is, and what it may never do."""
    ask: str = Field(min_length=1)
    """What to write, and in what shape; the brief follows it."""
    mend: str = Field(min_length=1)
    """Said in addition where an answer could not be used; the answer and what was wrong follow it."""


@cache
def load_instruction(name: str) -> Instruction:
    """Read one file of words. Raises `FileNotFoundError` and `pydantic.ValidationError`."""
    raw = (resources.files("schema") / "formats" / "words" / f"{name}.yaml").read_bytes()
    return Instruction.model_validate(yaml.safe_load(raw))
