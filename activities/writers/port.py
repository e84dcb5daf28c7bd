"""What a writer can be asked: one call that may cost money, and what it costs at most."""

from typing import Generic, Protocol, TypeVar

from schema.failure import NoEffect as NoEffect
from schema.idea import Idea, IdeaBrief, PromptBrief
from schema.money import Book
from schema.payload import Payload
from schema.scene import Storyboard

T = TypeVar("T", bound=Payload)


class Written(Payload, Generic[T]):
    """What a writer wrote, and what it charged."""

    value: T
    charged_microusd: int = 0
    vendors_id: str = ""
    """The vendor's own name for the answer; empty where there is no vendor."""


MOST_TEXT = 6_000
"""So many characters of an answer are shown to whoever mends it."""
MOST_PROBLEM = 500


class Mend(Payload):
    """An answer that could not be used, so that the next ask may do better."""

    text: str
    problem: str


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
    """Writes ideas and prompts.

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

    def worst_case_microusd(self, brief: IdeaBrief | PromptBrief, mend: Mend | None = None) -> int:
        """Return the most that one such ask may cost; 0 for a writer that costs nothing."""
        ...

    async def idea(self, brief: IdeaBrief, mend: Mend | None = None) -> Written[Idea]:
        """Write one idea that fits the brief and repeats none of `made_before`."""
        ...

    async def storyboard(self, brief: PromptBrief, mend: Mend | None = None) -> Written[Storyboard]:
        """Write one prompt a scene, within the model's limit, answering the notes."""
        ...
