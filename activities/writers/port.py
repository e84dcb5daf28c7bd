"""What a writer can be asked: one call that may cost money, and what it costs at most."""

from typing import Any, Generic, Protocol, TypeVar

from activities.writers.task import Mend, WritingTask
from schema.money import Book
from schema.payload import Payload

T = TypeVar("T", bound=Payload)


class Written(Payload, Generic[T]):
    """What a writer wrote, and what it charged."""

    value: T
    charged_microusd: int = 0
    vendors_id: str = ""
    """The vendor's own name for the answer; empty where there is no vendor."""


class Unfit(Exception):
    """An answer came and was charged, and it cannot be used."""

    def __init__(
        self, problem: str, *, text: str, charged_microusd: int, vendors_id: str, mendable: bool = True
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.text = text
        self.charged_microusd = charged_microusd
        self.vendors_id = vendors_id
        self.mendable = mendable
        """False where asking again would give the same: the model refused."""


class Writer(Protocol):
    """Writes whatever a task says.

    An ask is sent once. It raises `NoEffect` on proof that nothing was charged, `Unfit` for an answer that cannot be
    used, `ValueError` where even asking is impossible; any other exception means that the outcome is not known, and
    cannot be looked up.
    """

    @property
    def name(self) -> str:
        """The writer's name on receipts and in `idea.json`."""
        ...

    @property
    def model(self) -> str:
        """The model behind it; empty where there is none."""
        ...

    @property
    def book(self) -> Book:
        """Whose money it charges."""
        ...

    def worst_case_microusd(self, task: WritingTask[Any], mend: Mend | None = None) -> int:
        """Return the most that one such ask may cost; 0 for a writer that costs nothing."""
        ...

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Write one text, and return it as its task reads it."""
        ...
