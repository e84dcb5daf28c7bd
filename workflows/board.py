"""An item's board: what people see of it in the Temporal UI, in its search attributes and through its query."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.buying.purchases import most_of_a_round_microusd
    from schema.items.item import ItemResult, ItemState
    from schema.items.plan import ItemPlan
    from schema.items.progress import Progress, SceneProgress
    from schema.items.stage import AFTER_A_CUT, MADE_BY, Stage, row_of
    from schema.money import Book, usd
    from schema.reviews.review import Review
    from schema.reviews.subject import VIDEO
    from schema.text import one_line
    from workflows.attributes import COST_USD, STAGE, can_be_searched
    from workflows.details import as_markdown

_MOST_SHOWN = 1_000
"""Characters of the last word."""


class Board:
    """Stage, scenes, cost, last word and what is on show; each change is shown at once."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        self.plan: ItemPlan | None = None
        self.stage: str = Stage.OPEN
        self.round = 1
        self.title = ""
        self.review: Review | None = None
        self.last_word = ""
        """What became of the last thing a person said, or what the item waits for."""
        self._state = ItemState.RUNNING
        self._ended_in: str | None = None
        self._scenes: dict[int, str] = {}
        self._cost_microusd = 0

    def progress(self) -> Progress:
        """Return where the item stands."""
        review = self.review
        video = review.subject.find(VIDEO) if review else None
        return Progress(
            item_id=self.item_id,
            state=ItemState.WAITING if row_of(self.stage).gate else self._state,
            stage=self.stage,
            round=self.round,
            stages=self._stages(),
            ended_in=self._ended_in,
            scenes=tuple(
                SceneProgress(scene=scene, state=self._scenes[scene]) for scene in sorted(self._scenes)
            ),
            cost_microusd=self._cost_microusd,
            round_price_microusd=most_of_a_round_microusd(self.plan) if self.plan else 0,
            book=self.plan.book if self.plan else Book.SIMULATED,
            title=self.title,
            review_id=review.review_id if review else None,
            caption=review.subject.text if review else "",
            video_key=video.key if video else None,
            review_ends=review.deadline if review else None,
            last_word=self.last_word,
        )

    def enter(self, stage: str) -> None:
        """Show the stage that begins."""
        self.stage = stage
        if can_be_searched():
            workflow.upsert_search_attributes(  # pyright: ignore[reportUnknownMemberType]
                [
                    STAGE.value_set(self._state if stage == Stage.DONE else stage),
                    COST_USD.value_set(float(usd(self._cost_microusd))),
                ]
            )
        self._show()

    def tell(self, line: str) -> None:
        """Show a line to the people who look at the item."""
        self.last_word = one_line(line)[:_MOST_SHOWN]
        self._show()

    def clear_scenes(self) -> None:
        """Forget the scenes of the round before."""
        self._scenes = {}

    def note_scene(self, scene: int, state: str) -> None:
        """Show how far a scene has come."""
        self._scenes[scene] = state
        self._show()

    def note_charge(self, charged_microusd: int) -> None:
        """Add what a vendor charged."""
        self._cost_microusd += charged_microusd

    def put_on_show(self, review: Review, line: str = "") -> None:
        """Show a revision, or what a decision made of it."""
        self.review = review
        self.tell(line or self.last_word)

    def take_off_show(self) -> None:
        """Show nothing to decide on any more."""
        self.review = None

    def end(self, result: ItemResult) -> None:
        """Show how the item ended."""
        self._state = result.state
        self._cost_microusd = result.cost_microusd
        if (reason := one_line(result.reason)) not in self.last_word:
            self.last_word = reason
        self._ended_in = self.stage
        self.enter(Stage.DONE)

    def _stages(self) -> tuple[str, ...]:
        """Return the stages of this item: the plan's, and of a cut that was taken up only those after it."""
        if self.plan is None:
            return (*MADE_BY["clips"], *AFTER_A_CUT)
        made = () if self.plan.taken_up and self.round == 1 else self.plan.stages
        return (*made, *AFTER_A_CUT)

    def _show(self) -> None:
        workflow.set_current_details(as_markdown(self.progress()))
