"""The offline writer: texts from curated material, with dice that start where the seed says."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from activities.offline.texts.offline_idea import compose_idea
from activities.offline.texts.offline_prompts import compose_prompts
from activities.writers.port import Written
from activities.writers.task import Mend, WritingTask
from schema.money import Book
from schema.payload import Payload

T = TypeVar("T", bound=Payload)
COMPOSERS: Mapping[str, Callable[[WritingTask[Any], Mend | None], Payload]] = {
    "idea": compose_idea,
    "prompts": compose_prompts,
}
"""Who composes a text, by the name of its task."""


class OfflineWriter:
    """The Writer port without a model: the same task always gives the same words."""

    @property
    def name(self) -> str:
        """The writer's name on receipts and in `idea.json`."""
        return "offline-writer"

    @property
    def model(self) -> str:
        """There is none."""
        return ""

    @property
    def book(self) -> Book:
        """Simulated dollars, and none of them."""
        return Book.SIMULATED

    def worst_case_microusd(self, task: WritingTask[Any], mend: Mend | None = None) -> int:
        """Return nothing: it costs nothing."""
        return 0

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Compose one text. Raises `ValueError` for an unknown task and for limits that are too tight."""
        if task.name not in COMPOSERS:
            raise ValueError(
                f"the offline writer cannot write {task.name!r}: it writes {', '.join(sorted(COMPOSERS))}; "
                "set a writer's key to have it written"
            )
        return Written(value=cast(T, COMPOSERS[task.name](task, mend)))
