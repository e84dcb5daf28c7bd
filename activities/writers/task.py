"""What a writer is asked, as data: words, what came from elsewhere, and the model of the answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from activities.writers.answer_reading import read_answer
from activities.writers.answer_schema import DEAREST, longest_bytes, shape_of
from schema.formats.instruction import Instruction
from schema.payload import Document, Payload

T = TypeVar("T", bound=Payload)
MOST_TEXT = 6_000
"""So many characters of an answer are shown to the model that mends it."""
MOST_PROBLEM = 500


class Mend(Payload):
    """An answer that could not be used, so that the next ask may do better."""

    text: str
    problem: str


LONGEST_MEND = Mend(text=DEAREST * MOST_TEXT, problem=DEAREST * MOST_PROBLEM)


@dataclass(frozen=True)
class WritingTask(Generic[T]):
    """One text to write. A new kind needs an instruction, a model of the answer, and a task."""

    name: str
    """What is written, e.g. `idea`: it names purchases and their records."""
    instruction: Instruction
    """The fixed words."""
    data: Mapping[str, Any]
    """What came from people and from other writers; a model is shown it as JSON, apart from the fixed words."""
    answer: type[Document]
    """The answer's model: vendors are sent its shape, and its limits bound what an ask may cost."""
    payload: type[T]
    """What the answer becomes."""
    accept: Callable[[Any], T]
    """Turns an answer of that model into the payload; raises `ValueError` for what speaks against it in this task."""
    seed: int = 0
    """Where the dice of a writer without a model start."""

    @property
    def fixed(self) -> str:
        """The instruction that all tasks of one name share: it comes first, so that vendors cache it."""
        return f"{self.instruction.system}\n{self.instruction.ask}"

    @property
    def shape(self) -> dict[str, Any]:
        """The JSON schema of the answer, as vendors are sent it."""
        return shape_of(self.answer)

    def asked(self, mend: Mend | None = None) -> str:
        """Return what follows the fixed words: everything that came from elsewhere, as JSON."""
        parts = ["The brief:", json.dumps(self.data, ensure_ascii=False, indent=1)]
        if mend:
            told = json.dumps(mend.model_dump(), ensure_ascii=False, indent=1)
            parts += [self.instruction.mend, told]
        return "\n".join(parts)

    def sent_bytes(self, mend: Mend | None = None) -> int:
        """Return how many bytes one ask has: there are never more tokens."""
        return len(f"{self.fixed}{self.asked(mend)}{self.shape}".encode())

    @property
    def answer_bytes(self) -> int:
        """How many bytes the longest answer has: there are never more tokens."""
        return longest_bytes(self.answer)

    def read(self, text: str) -> T:
        """Return what an answer says. Raises `ValueError` in sentences that a model mends it by and a person reads."""
        return self.accept(read_answer(text, self.answer))
