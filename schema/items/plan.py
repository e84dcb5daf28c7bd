"""The frozen plan of an item: all that may change outside while the item lives.

`open_item` writes it once, from the format file, the account, the request and the prices of that day. Workflow, ledger
and reviews read it for weeks, also by later versions: every field that has a default may be missing, and unknown ones
are dropped. Nothing is checked when a plan is read.
"""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schema.content.scene import SceneShape
from schema.items.stage import stages_of
from schema.money import Book
from schema.payload import Payload
from schema.purchases.operation import Limits
from schema.purchases.routing import Choice
from schema.reviews.subject import VIDEO_GATE


class StoredClip(Payload):
    """One clip of a person's own, already in storage."""

    key: str
    sha256: str
    size_bytes: int = 0
    original_name: str = ""
    """As the person knows it; shown, never opened."""


class FormatRef(Payload):
    """Which format file an item was planned from."""

    name: str
    version: int = 1
    sha256: str = ""
    """Of the whole file."""
    platforms: tuple[str, ...] = ()
    """Where it is meant to go."""


class BoughtClips(Payload):
    """Scenes that are written, bought as clips and filmed."""

    can_be_made_again: ClassVar[bool] = True
    footage: ClassVar[tuple[StoredClip, ...]] = ()
    """A person's own clips: none."""
    kind: Literal["clips"] = "clips"
    count: int = 1
    shape: SceneShape = SceneShape()
    choices: tuple[Choice, ...]
    """What may be asked for a scene, and where; the last is for every scene."""
    fresh: bool = False
    """Buy every scene, also one that the account has bought before."""
    words_price_microusd: int = 0
    """What idea and prompts of one round cost at most."""

    @property
    def max_prompt_chars(self) -> int:
        """The longest prompt that every model which may be asked takes."""
        return min(model.max_prompt_chars for choice in self.choices for model in choice.models)

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles of scenes that the format has models of their own for."""
        return tuple(style for choice in self.choices for style in choice.styles)

    def choice_for(self, style: str) -> Choice:
        """Return which models make a scene of this style."""
        return next(choice for choice in self.choices if not choice.styles or style in choice.styles)


class OwnFootage(Payload):
    """Clips that a person brought: nothing is written or bought, and nothing can be made again."""

    can_be_made_again: ClassVar[bool] = False
    words_price_microusd: ClassVar[int] = 0
    kind: Literal["own footage"] = "own footage"
    clips: tuple[StoredClip, ...]

    @property
    def footage(self) -> tuple[StoredClip, ...]:
        """The clips that a person brought."""
        return self.clips

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.clips)


Source = Annotated[BoughtClips | OwnFootage, Field(discriminator="kind")]
"""What an item is made of. A third kind is a class here and a line in `schema.items.stage.MADE_BY`."""


class CutPlan(Payload):
    """How the scenes become one video."""

    recipe: str = "sequence"
    width_px: int = 720
    height_px: int = 1280
    clip_duration: timedelta | None = None
    """Length each clip is brought to; None keeps each clip's own."""
    loudness_lufs: float = -14.0
    true_peak_dbtp: float = -1.0
    watermark_key: str | None = None
    intro_key: str | None = None
    outro_key: str | None = None


class ReviewPlan(Payload):
    """How a person is asked."""

    gates: tuple[str, ...] = (VIDEO_GATE,)
    """Where a person decides, as the format has it."""
    waits: timedelta = timedelta(hours=24)
    """From the moment a cut is put on show to its deadline."""
    reminders: tuple[timedelta, ...] = ()
    """How long before the deadline the person is reminded, longest first."""
    max_revisions: int = 3


class ActivityTimeouts(Payload):
    """Timeouts of activities: a lost worker is noticed when one of them has passed."""

    heartbeat: timedelta = timedelta(seconds=10)
    """Between heartbeats of activities that may be repeated."""
    effect: timedelta = timedelta(seconds=45)
    """Of a send or its look-up, from beginning to end; longer than one call to a vendor may take."""
    writing: timedelta = timedelta(minutes=3)
    """Of a writer, from beginning to end; longer than all its asks may take."""
    render_heartbeat: timedelta = timedelta(seconds=20)
    """Between heartbeats of a composition, which tells its progress."""


class Waits(Payload):
    """How long an item waits for what."""

    poll: timedelta = timedelta(seconds=5)
    """Between two readings of a vendor's job."""
    headroom: timedelta = timedelta(minutes=30)
    """For room that open reservations hold, in the first round."""
    job: timedelta = timedelta(hours=1)
    """The longest a vendor may take for one scene."""
    timeouts: ActivityTimeouts = ActivityTimeouts()


class TakenUp(Payload):
    """What an item takes over from the ended one that it takes up again."""

    item_id: str
    """The one whose cut is taken over: the last of the line that came to a review."""
    forerunner_id: str
    """The last of the line; another one where that ended before its review."""
    line: tuple[str, ...] = ()
    """All items before this one that were taken up one after the other, the first one first."""
    title: str = ""
    caption: str = ""
    """What was on show last."""
    video_key: str
    video_sha256: str
    posted_to: tuple[str, ...] = ()
    """The platforms on which one of the line has a post: there is none to be made there."""


class ItemPlan(Payload):
    """What an item lives by from its first to its last activity."""

    item_id: str
    account_id: str
    campaign_id: str | None = None
    account_voice: str = ""
    format: FormatRef
    topic: str | None = None
    title: str | None = None
    """What it is called; None leaves it to the writer, which is not asked about a person's own clips."""
    caption: str | None = None
    """What goes with it; None leaves it to the writer. For a person's own clips it is empty if they wrote none."""
    seed: int = 0
    seed_given: bool = False
    """True where a person gave the seed: what was made before then changes nothing."""
    made_before: tuple[str, ...] = ()
    """Titles of the account's last items, newest first."""
    source: Source
    cut: CutPlan = CutPlan()
    book: Book
    limits: Limits
    on_behalf_of: str = "system"
    """The person who asked for the item; `system` where a schedule did."""
    review: ReviewPlan = ReviewPlan()
    waits: Waits = Waits()
    platforms: tuple[str, ...] = ()
    taken_up: TakenUp | None = None
    """What it takes over where it takes up an ended item again; it then begins with its review."""
    planned: bool = False
    """True where a schedule asked: after a restore the same item may be opened anew."""
    stages: tuple[str, ...] = Field(
        default_factory=lambda plan: stages_of(plan["source"].kind, plan["review"].gates)
    )
    """The stages that lead to a cut, in order. They travel with the plan: a later version's table changes no item."""

    @property
    def scenes(self) -> int:
        """How many clips the item is made of."""
        return self.source.count

    @property
    def bought(self) -> BoughtClips:
        """The source of an item whose scenes are bought. Raises `TypeError` for every other item."""
        if not isinstance(self.source, BoughtClips):
            raise TypeError(f"{self.item_id} is made of {self.source.kind}, and nothing is bought for it")
        return self.source

    @property
    def is_stand_in(self) -> bool:
        """True if offline vendors made the picture: it is not to be mistaken for real work."""
        return self.source.can_be_made_again and self.book is Book.SIMULATED

    @property
    def forerunners(self) -> tuple[str, ...]:
        """The items that it takes up again, the first one first."""
        return self.taken_up.line if self.taken_up else ()
