"""What writers are told: instructions as data. What changes from ask to ask is not in them."""

from functools import cache
from importlib import resources

import yaml
from pydantic import Field

from schema.failure import Fault, Trouble
from schema.formats.format_file import FormatFile
from schema.payload import Document, Payload


class InstructionFile(Document):
    """The fixed text around one kind of ask, as people write it."""

    version: int = Field(ge=1)
    system: str = Field(min_length=1)
    """Who the model is, and what it may never do."""
    ask: str = Field(min_length=1)
    """What to write, and in what shape; the brief follows it."""
    mend: str = Field(min_length=1)
    """Said in addition where an answer could not be used; the answer and what was wrong follow it."""


class Instruction(Payload):
    """The same text, as an item lives by it; later versions can read it, too."""

    version: int = 1
    system: str
    ask: str
    mend: str


class Instructions(Payload):
    """All that a format tells writers, stored beside an item's plan: every round is written by the same."""

    format: str = ""
    kind: str = ""
    """What kind of video it is, in a line."""
    by_task: dict[str, Instruction] = Field(default_factory=dict[str, Instruction])
    """An instruction for each kind of text, e.g. `idea`."""

    def instruction(self, task: str) -> Instruction:
        """Return what writers are told for a task. Raises `Trouble` (`bad_format`) if the format says nothing of it."""
        if task in self.by_task:
            return self.by_task[task]
        raise Trouble(
            Fault.BAD_FORMAT,
            f"the format {self.format!r} tells writers nothing about {task!r}; name an instruction for it in "
            f"`instructions` of schema/formats/{self.format}.yaml, and make a new item",
        )


@cache
def load_instruction(name: str) -> Instruction:
    """Read one file of `schema/formats/instructions/`. Raises `FileNotFoundError` and `pydantic.ValidationError`."""
    raw = (resources.files("schema") / "formats" / "instructions" / f"{name}.yaml").read_bytes()
    return Instruction(**InstructionFile.model_validate(yaml.safe_load(raw)).model_dump())


def instructions_of(chosen: FormatFile) -> Instructions:
    """Return what a format tells writers now; an item that is open already lives by what it told then."""
    return Instructions(
        format=chosen.name,
        kind=f"{chosen.title}: {chosen.description}",
        by_task={task: load_instruction(name) for task, name in chosen.instructions.items()},
    )
