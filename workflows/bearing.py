"""Where an item is on its way, what was said to it, and how that is shown. The story of the item is elsewhere."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.buying.purchases import most_of_a_round_microusd
    from schema.item import ItemResult, ItemState, Stage
    from schema.money import Book, usd
    from schema.plan import ItemPlan, OwnFootage, Patience
    from schema.progress import Progress, SceneProgress
    from schema.review import DecisionKind, Review, Word
    from schema.subject import VIDEO
    from schema.text import one_line
    from signals.words import Malformed, read_word
    from workflows.attributes import COST_USD, STAGE, can_be_searched
    from workflows.details import as_markdown
    from workflows.endings import Ended

Answer = TypeVar("Answer")
_MOST_TOLD = 1_000
"""Characters of the line that an item shows."""
_MADE_AND_SHOWN = (Stage.SCENES, Stage.COMPOSE, Stage.REVIEW, Stage.PUBLISH)


class Bearing:
    """One item's state of mind; every change is told to the Temporal UI."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        self.item: ItemPlan | None = None
        self.stage = Stage.OPEN
        self.state = ItemState.RUNNING
        self.round = 1
        self.title = ""
        self.edited_caption = ""
        """What a person made of the caption; it stays through a revise."""
        self.review: Review | None = None
        self.inbox: list[Word] = []
        self.row_was_written = False
        self._ended_in: Stage | None = None
        self._scenes: dict[int, str] = {}
        self._cost_microusd = 0
        self._review_ends = workflow.now()
        self._stopped_by = ""
        self._lost_by: Exception | None = None
        self._last_word = ""

    @property
    def patience(self) -> Patience:
        """After what silence a worker counts as lost."""
        return self.item.waits.patience if self.item else Patience()

    def progress(self) -> Progress:
        """Return where the item stands."""
        review = self.review
        return Progress(
            item_id=self.item_id,
            state=ItemState.WAITING if self.stage is Stage.REVIEW else self.state,
            stage=self.stage,
            round=self.round,
            stages=self._stages(),
            ended_in=self._ended_in,
            scenes=tuple(
                SceneProgress(scene=scene, state=self._scenes[scene]) for scene in sorted(self._scenes)
            ),
            cost_microusd=self._cost_microusd,
            round_price_microusd=most_of_a_round_microusd(self.item) if self.item else 0,
            book=self.item.book if self.item else Book.SIMULATED,
            title=self.title,
            review_id=review.review_id if review else None,
            caption=review.subject.text if review else "",
            video_key=review.subject.artifact(VIDEO).key if review else None,
            review_ends=review.deadline if review else None,
            last_word=self._last_word,
        )

    def enter(self, stage: Stage) -> None:
        """Begin a stage. Raises `Ended` where the item was stopped and can still be."""
        if stage not in (Stage.PUBLISH, Stage.DONE):
            self.raise_if_stopped()
        self.stage = stage
        if stage is Stage.SCENES:
            self._scenes = {}
            self._lost_by = None
        if can_be_searched():
            workflow.upsert_search_attributes(  # type: ignore[reportUnknownMemberType]
                [
                    STAGE.value_set(self.state if stage is Stage.DONE else stage),
                    COST_USD.value_set(float(usd(self._cost_microusd))),
                ]
            )
        self._show_details()

    def tell(self, line: str) -> None:
        """Show a line to whoever looks at the item."""
        self._last_word = one_line(line)[:_MOST_TOLD]
        self._show_details()

    def note_scene(self, scene: int, state: str) -> None:
        """Show where a scene is."""
        self._scenes[scene] = state
        self._show_details()

    def note_charge(self, charged_microusd: int) -> None:
        """Add what a vendor charged."""
        self._cost_microusd += charged_microusd

    def end(self, result: ItemResult) -> None:
        """Show how the item ended."""
        self.state = result.state
        self._cost_microusd = result.cost_microusd
        if (reason := one_line(result.reason)) not in self._last_word:
            self._last_word = reason
        self._ended_in = self.stage
        self.enter(Stage.DONE)

    def put_on_show(self, review: Review, line: str = "") -> None:
        """Show a revision, or what became of it."""
        self.review = review
        self._review_ends = workflow.now() + timedelta(seconds=review.seconds_left)
        if review.revision > 1:
            self.edited_caption = review.subject.text
        self.tell(line or self._last_word)

    def take_off_show(self) -> None:
        """Leave the review behind: words come too early again."""
        self.review = None
        self.inbox.clear()
        self.row_was_written = False

    @property
    def last_word(self) -> str:
        """What became of the last thing a person said."""
        return self._last_word

    @property
    def review_time_left(self) -> timedelta:
        """To the deadline that the database clock set; never quite nothing, so that a wait always waits."""
        return max(self._review_ends - workflow.now(), timedelta(seconds=0.2))

    def hear(self, kind: DecisionKind, words: tuple[Any, ...]) -> None:
        """Take a word that was sent by hand; one that is malformed or too early changes nothing and is shown."""
        if self.review is None:
            self.tell(f"{kind}: nothing is on show now, so nothing was changed")
            return
        try:
            word = read_word(kind, self.item_id, words)
        except Malformed as error:
            self.tell(f"not understood, nothing was changed: {error}")
            return
        self.inbox.append(self.named(word))

    def named(self, word: Word) -> Word:
        """Return a word with a name of its own and the revision it is about, so that it counts once if told twice."""
        shown = self.review.review_id if self.review else None
        return word.model_copy(
            update={
                "word_id": word.word_id or f"{self.item_id}/{workflow.uuid4()}",
                "review_id": word.review_id or shown,
            }
        )

    def hear_stop(self, words: tuple[Any, ...]) -> None:
        """Take a stop; a text or an object's `actor` says who."""
        said: Any = words[0] if words else ""
        if isinstance(said, dict):
            said = said.get("actor")  # type: ignore[reportUnknownMemberType]
        person = one_line(said)[:120] if isinstance(said, str) else ""
        self._stopped_by = person or "temporal-cli"

    @property
    def is_stopped(self) -> bool:
        """True once a person has stopped the item."""
        return bool(self._stopped_by)

    def raise_if_stopped(self) -> None:
        """Raise `Ended` where a person has stopped the item."""
        if self._stopped_by:
            raise Ended(ItemState.STOPPED, f"stopped by {self._stopped_by}", actor=self._stopped_by)

    async def unless_stopped(
        self, handle: workflow.ActivityHandle[Answer], grace: timedelta | None = None
    ) -> Answer:
        """Return what an activity answers. A stop ends its waiting to be repeated; what is at work is seen to its end.

        `grace` is how long it may go on after a stop. Raises `Ended` where the stop came first.
        """
        await self.done_or_stopped(handle)
        if grace is not None and not handle.done():
            await self._wait(handle.done, grace)
        return await self._not_repeated(handle)

    async def unless_lost(self, handle: workflow.ActivityHandle[Answer]) -> Answer:
        """Like `unless_stopped`, and so too where another scene of the round ended for good: none of them is wanted."""
        await workflow.wait_condition(lambda: handle.done() or self.is_stopped or self._lost_by is not None)
        return await self._not_repeated(handle)

    async def _not_repeated(self, handle: workflow.ActivityHandle[Answer]) -> Answer:
        if not handle.done():
            handle.cancel()
        try:
            return await handle
        except ActivityError as error:
            if is_cancelled_exception(error) or error.retry_state is RetryState.CANCEL_REQUESTED:
                self.raise_if_stopped()
                if self._lost_by is not None:
                    raise Ended(ItemState.FAILED, "another scene of the round could not be made") from error
            raise

    def lose_round(self, why: Exception) -> None:
        """Note that a scene ended for good without a clip; the first such error is the one that counts."""
        self._lost_by = self._lost_by or why

    def raise_if_lost(self) -> None:
        """Raise what the round was lost by, where it was."""
        if self._lost_by is not None:
            raise self._lost_by

    async def done_or_stopped(self, handle: workflow.ActivityHandle[Any]) -> None:
        """Wait until an activity has ended or the item was stopped."""
        await workflow.wait_condition(lambda: handle.done() or self.is_stopped)

    def next_reminder(self, reminders: Sequence[timedelta]) -> timedelta | None:
        """Return the first reminder, longest before the deadline first, whose time has not come yet."""
        return next((reminder for reminder in reminders if reminder < self.review_time_left), None)

    async def heard_within(self, length: timedelta) -> bool:
        """Wait for a word or a stored row, at most this long; say whether there is one."""
        await self._wait(lambda: bool(self.inbox) or self.row_was_written or self.is_stopped, length)
        self.raise_if_stopped()
        return bool(self.inbox) or self.row_was_written

    async def pause(self, length: timedelta) -> None:
        """Let time pass, unless the item is stopped."""
        await self._wait(lambda: self.is_stopped, length)
        self.raise_if_stopped()

    async def _wait(self, condition: Callable[[], bool], length: timedelta) -> None:
        try:
            await workflow.wait_condition(condition, timeout=length, timeout_summary=f"{self.stage}")
        except TimeoutError:
            return

    def _stages(self) -> tuple[Stage, ...]:
        """Return the stages of this item's way; what a person brings is neither thought up nor filmed."""
        if self.item is not None and self.item.taken_up and self.round == 1:
            return (Stage.REVIEW, Stage.PUBLISH)
        own = self.item is not None and isinstance(self.item.source, OwnFootage)
        return (*(() if own else (Stage.IDEA, Stage.PROMPTS)), *_MADE_AND_SHOWN)

    def _show_details(self) -> None:
        workflow.set_current_details(as_markdown(self.progress()))
