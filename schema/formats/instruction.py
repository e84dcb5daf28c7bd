"""What a model is told: words as data, in `schema/formats/words/`. What changes from ask to ask is not in them."""

from functools import cache
from importlib import resources

import yaml
from pydantic import Field

from schema.failure import Fault, Trouble
from schema.formats.format_file import FormatFile
from schema.payload import Document, Payload


class InstructionFile(Document):
    """The fixed words around one kind of ask, as people write them."""

    version: int = Field(ge=1)
    system: str = Field(min_length=1)
    """Who the model is, and what it may never do."""
    ask: str = Field(min_length=1)
    """What to write, and in what shape; the brief follows it."""
    mend: str = Field(min_length=1)
    """Said in addition where an answer could not be used; the answer and what was wrong follow it."""


class Instruction(Payload):
    """The same words, as an item lives by them; later versions can read them, too."""

    version: int = 1
    system: str
    ask: str
    mend: str


class FormatWords(Payload):
    """All that a format tells writers, stored beside an item's plan: every round is written by the same words."""

    format: str = ""
    kind: str = ""
    """What kind of video it is, in a line."""
    instructions: dict[str, Instruction] = Field(default_factory=dict[str, Instruction])
    """By the name of a task, e.g. `idea`."""

    def instruction(self, task: str) -> Instruction:
        """Return what writers are told for a task. Raises `Trouble` (`bad_format`) if the format says nothing of it."""
        if task in self.instructions:
            return self.instructions[task]
        raise Trouble(
            Fault.BAD_FORMAT,
            f"the format {self.format!r} tells writers nothing about {task!r}; name a file of words for it in "
            f"`words` of schema/formats/{self.format}.yaml, and make a new item",
        )


@cache
def load_instruction(name: str) -> Instruction:
    """Read one file of words. Raises `FileNotFoundError` and `pydantic.ValidationError`."""
    raw = (resources.files("schema") / "formats" / "words" / f"{name}.yaml").read_bytes()
    return Instruction(**InstructionFile.model_validate(yaml.safe_load(raw)).model_dump())


def words_of(chosen: FormatFile) -> FormatWords:
    """Return what a format tells writers now; an item that is open already lives by what it told then."""
    return FormatWords(
        format=chosen.name,
        kind=f"{chosen.title}: {chosen.description}",
        instructions={task: load_instruction(name) for task, name in chosen.words.items()},
    )
