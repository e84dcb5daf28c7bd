"""What a writer can be asked."""

from typing import Protocol

from schema.idea import Idea, IdeaBrief, PromptBrief
from schema.scene import Storyboard


class Writer(Protocol):
    """Writes ideas and prompts."""

    @property
    def name(self) -> str:
        """The writer's name on receipts and in `idea.json`."""
        ...

    async def idea(self, brief: IdeaBrief) -> Idea:
        """Write one idea that fits the brief and repeats none of `made_before`."""
        ...

    async def storyboard(self, brief: PromptBrief) -> Storyboard:
        """Write one prompt a scene, within the model's limit, answering the notes."""
        ...
