"""One item at work: its plan, board, inbox and stop switch in one object, which every stage is handed."""

from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.content.idea import Idea
    from schema.content.scene import ScenePrompt, Take
    from schema.items.cut import Cut
    from schema.items.plan import ActivityTimeouts, ItemPlan
    from schema.items.stage import row_of
    from schema.reviews.review import Verdict
    from workflows.board import Board
    from workflows.inbox import Inbox
    from workflows.interruption import Interruption, wait_at_most


@dataclass(frozen=True)
class Round:
    """What the stages of one round have made so far; each stage returns it with its own part filled in."""

    on_behalf_of: str
    """Who asked for it, and for whom all of it is bought: the plan's person, then the reviewer who revised."""
    number: int = 1
    notes: str = ""
    """What the reviewer asked for; empty in the first round."""
    prompts: tuple[ScenePrompt, ...] = ()
    takes: tuple[Take, ...] = ()
    composed: Cut | None = None
    """None before the round is composed."""

    @property
    def cut(self) -> Cut:
        """The finished file of a round that was made to its end."""
        assert self.composed is not None, "a round is composed before its cut is shown or posted"
        return self.composed

    def next(self, revise: Verdict) -> "Round":
        """Return the round that a reviewer asked for after this one, with nothing made."""
        return Round(revise.decided_by or self.on_behalf_of, self.number + 1, revise.notes)


@dataclass
class ItemRun:
    """One item at work."""

    plan: ItemPlan
    board: Board
    inbox: Inbox
    stop: Interruption
    idea: Idea | None = None
    """The same in all rounds; None before it is written, and for a person's own clips."""
    edited_caption: str = ""
    """What a person made of the caption; it stays through a revise."""
    gone_through: set[str] = field(default_factory=set[str])
    """The stages that the item has gone through at least once."""

    @property
    def timeouts(self) -> ActivityTimeouts:
        """The timeouts of its activities."""
        return self.plan.waits.timeouts

    def enter(self, stage: str) -> None:
        """Begin a stage. Raises `Ended` if the item was stopped and still can be."""
        if row_of(stage).can_be_stopped:
            self.stop.raise_if_on()
        self.board.enter(stage)

    @property
    def caption(self) -> str:
        """The caption to show: a person's edit, else the plan's, else the idea's."""
        written = self.idea.caption if self.idea else ""
        return self.edited_caption or (written if self.plan.caption is None else self.plan.caption)

    def take_idea(self, idea: Idea) -> None:
        """Keep the item's idea; it gives the item its title unless the plan has one."""
        self.idea = idea
        self.board.title = self.board.title or idea.title

    async def has_news_within(self, length: timedelta) -> bool:
        """Wait for a word or a stored row, at most this long; return whether there is one."""
        await wait_at_most(length, lambda: self.inbox.has_news or self.stop.is_on, self.board.stage)
        self.stop.raise_if_on()
        return self.inbox.has_news

    async def pause(self, length: timedelta) -> None:
        """Let time pass. Raises `Ended` if the item is stopped meanwhile."""
        await wait_at_most(length, lambda: self.stop.is_on, self.board.stage)
        self.stop.raise_if_on()
