"""A content item: what is asked, the frozen snapshot it lives by, and how it ends."""

import base64
import hashlib
import secrets
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from typing import Annotated

from pydantic import Field

from schema.campaign import CAMPAIGN_ID
from schema.format import Format
from schema.limits import MAX_CAPTION, MAX_TITLE, MAX_TOPIC
from schema.money import Book
from schema.operation import Order, Refusal
from schema.payload import Payload
from schema.publication import Receipt
from schema.routing import Choice, SceneModel, Tier
from schema.text import STORABLE

ITEM_ID = r"^[a-z0-9][a-z0-9-]{2,63}$"
ACCOUNT_ID = r"^[a-z0-9][a-z0-9-]{0,39}$"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


class ItemState(StrEnum):
    """Where an item stands; all but the first two are endings."""

    RUNNING = "running"
    WAITING = "waiting"
    PUBLISHED = "published"
    PARTLY_PUBLISHED = "partly_published"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REFUSED_BY_CAP = "refused_by_cap"
    STOPPED = "stopped"
    FAILED = "failed"
    PARKED = "parked"

    @property
    def ended(self) -> bool:
        """True for an ending."""
        return self not in (ItemState.RUNNING, ItemState.WAITING)


class ExitCode(IntEnum):
    """What a command that waits for an item exits with."""

    PUBLISHED = 0
    FAILED = 1
    USAGE = 2
    REJECTED = 3
    EXPIRED = 4
    REFUSED_BY_CAP = 5
    STOPPED = 6
    PARKED = 7
    PARTLY_PUBLISHED = 8


class Stage(StrEnum):
    """What an item is busy with; shown as a search attribute."""

    OPEN = "open"
    IDEA = "idea"
    PROMPTS = "prompts"
    SCENES = "scenes"
    COMPOSE = "compose"
    REVIEW = "review"
    PUBLISH = "publish"
    DONE = "done"


class Footage(Payload):
    """One clip of a person's own, already in storage."""

    key: str
    sha256: str
    size_bytes: int
    original_name: str
    """As the person knows it; shown, never opened."""


class ItemRequest(Payload):
    """Input of the workflow: what a person or a schedule asked for. What it leaves open, `open_item` fixes."""

    item_id: str = Field(pattern=ITEM_ID)
    account_id: str = Field(pattern=ACCOUNT_ID)
    format: str = "asmr-craft"
    topic: Annotated[str, Field(max_length=MAX_TOPIC), STORABLE] | None = None
    title: Annotated[str, Field(max_length=MAX_TITLE), STORABLE] | None = None
    """A person's own, instead of the writer's."""
    caption: Annotated[str, Field(max_length=MAX_CAPTION), STORABLE] | None = None
    """A person's own, instead of the writer's."""
    campaign_id: str | None = Field(default=None, pattern=CAMPAIGN_ID)
    """A campaign of the account, whose cap the item falls under as well; None for none."""
    seed: int | None = None
    footage: tuple[Footage, ...] = ()
    tier: Tier = "standard"
    fresh: bool = False
    """Buy every scene, also one that the account has bought before."""
    book: Book | None = None
    """Whose money may be spent; None means real dollars where a real vendor is joined, else simulated ones."""
    item_cap_microusd: int | None = None
    day_cap_microusd: int | None = None
    """A cap of the account for today, lower than its usual one."""
    review: timedelta | None = None
    watermark_key: str | None = None
    intro_key: str | None = None
    outro_key: str | None = None
    forerunner_id: str | None = Field(default=None, pattern=ITEM_ID)
    """The ended item that this one takes up again, with what was made for it; None for a new one."""
    planned: bool = False
    """True where a schedule asked, whose next fire for the same moment asks for the same item again."""


class TakenUp(Payload):
    """What an item takes over from the ended one that it takes up again."""

    item_id: str
    """The one whose cut is taken over: the last of the line that came to a review."""
    forerunner_id: str
    """The last of the line; another one where that ended before its review."""
    line: tuple[str, ...]
    """All items before this one that were taken up one after the other, the first one first."""
    title: str
    caption: str
    """What was on show last."""
    video_key: str
    video_sha256: str
    posted_to: tuple[str, ...] = ()
    """The platforms on which one of the line has a post: there is none to be made there."""


class Patience(Payload):
    """After what silence a worker counts as lost; a lost worker is noticed no sooner."""

    silence: timedelta = timedelta(seconds=10)
    """Of whatever may be repeated: workers give a pulse while they are at it."""
    effect: timedelta = timedelta(seconds=45)
    """Of a send or its look-up, from beginning to end; longer than one call to a vendor may take."""
    ask: timedelta = timedelta(minutes=3)
    """Of a writer, from beginning to end; longer than all its asks may take."""
    render: timedelta = timedelta(seconds=20)
    """Of a composition, which tells its own progress."""


class Snapshot(Payload):
    """All that may change outside while an item lives, frozen when it was opened."""

    item_id: str
    account_id: str
    campaign_id: str | None = None
    account_voice: str
    format: Format
    format_sha256: str
    topic: str | None
    title: str | None = None
    """What it is called; None leaves it to the writer, whom nobody asks about a person's own clips."""
    caption: str | None = None
    """What goes with it; None leaves it to the writer. Of a person's own clips empty, where nobody wrote one."""
    seed: int
    seed_given: bool = False
    """True where a person gave the seed: what was made before then changes nothing."""
    footage: tuple[Footage, ...]
    scene_model: SceneModel
    """The first choice for a scene of no particular style."""
    choices: tuple[Choice, ...] = ()
    """What may be asked instead, and where; the last is for every scene. Empty: the one model and no other."""
    words_price_microusd: int = 0
    """What the words of one round cost at most."""
    fresh: bool = False
    """Buy every scene, also one that the account has bought before."""
    book: Book
    item_cap_microusd: int
    day_cap_microusd: int | None
    """What the account may commit today for this item to be made; None leaves it to the account's own cap."""
    review: timedelta
    reminders: tuple[timedelta, ...]
    """How long before the deadline the person is reminded, longest first."""
    poll: timedelta
    """Between two readings of a vendor's job."""
    headroom_wait: timedelta
    """How long the first round waits for room that open reservations hold."""
    job: timedelta
    """The longest a vendor may take for one scene."""
    patience: Patience = Patience()
    platforms: tuple[str, ...]
    watermark_key: str | None = None
    intro_key: str | None = None
    outro_key: str | None = None
    made_before: tuple[str, ...] = ()
    """Titles of the account's last items, newest first."""
    taken_up: TakenUp | None = None
    """What it takes over where it takes up an ended item again; it then begins with its review."""
    planned: bool = False
    """True where a schedule asked: after a restore the same item may be opened anew."""

    @property
    def forerunners(self) -> tuple[str, ...]:
        """The items that it takes up again, the first one first."""
        return self.taken_up.line if self.taken_up else ()

    @property
    def scenes(self) -> int:
        """How many clips the item is made of."""
        return len(self.footage) or self.format.scenes.count or 1

    @property
    def round_price_microusd(self) -> int:
        """What one round costs at most, words included, whoever is asked; nothing for a person's own clips."""
        models = [model for choice in self.choices for model in choice.models] or [self.scene_model]
        dearest = max(model.price_microusd for model in models)
        return 0 if self.footage else self.scenes * dearest + self.words_price_microusd

    @property
    def max_prompt_chars(self) -> int:
        """The longest prompt that every model which may be asked takes."""
        models = [model for choice in self.choices for model in choice.models] or [self.scene_model]
        return min(model.max_prompt_chars for model in models)

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles of scenes that the format has models of their own for."""
        return tuple(style for choice in self.choices for style in choice.styles)

    def choice_for(self, style: str) -> Choice:
        """Return which models make a scene of this style."""
        usual = Choice(models=(self.scene_model,))
        return next((c for c in self.choices if not c.styles or style in c.styles), usual)

    def scene_orders(self, round_number: int) -> tuple[Order, ...]:
        """Return what a round buys; nothing where the clips are a person's own."""
        return tuple(
            self.scene_order(round_number, scene) for scene in range(1, self.scenes + 1) if not self.footage
        )

    def scene_order(self, round_number: int, scene: int, model: SceneModel | None = None) -> Order:
        """Return the purchase of one scene; before its prompt is written it may turn out to be the dearest."""
        bought = model or self._reserved_from()
        return Order(
            slot=f"{self.item_id}/{round_number}/scene/{scene}",
            kind="paid",
            item_id=self.item_id,
            account_id=self.account_id,
            round=round_number,
            vendor=bought.vendor,
            model=bought.model,
            book=bought.book,
            amount_microusd=bought.price_microusd,
        )

    def _reserved_from(self) -> SceneModel:
        """The first choice where there is one list for all scenes; else the dearest first choice."""
        firsts = [choice.models[0] for choice in self.choices] or [self.scene_model]
        return max(firsts, key=lambda model: model.price_microusd)


class Opened(Payload):
    """What `open_item` answers."""

    snapshot: Snapshot
    finished: ItemState | None = None
    """Set where the item had already ended: then there is nothing to do."""


class ItemResult(Payload):
    """How an item ended."""

    item_id: str
    state: ItemState
    reason: str = ""
    """One line for a person; empty where the state says it all."""
    video_key: str | None = None
    posts: tuple[Receipt, ...] = ()
    cost_microusd: int = 0
    book: Book = Book.SIMULATED

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that waited for it."""
        return ExitCode[self.state.name]


class FootageRequest(Payload):
    """One clip of a person's own, to be checked and taken as a scene."""

    item_id: str
    account_id: str
    round: int
    scene: int
    footage: Footage


class RoundRequest(Payload):
    """What a round buys, to be reserved before anything of it is ordered."""

    orders: tuple[Order, ...]
    item_cap_microusd: int
    day_cap_microusd: int | None


class Reserved(Payload):
    """Whether a round has its money."""

    refusal: Refusal | None = None


class ReviewRef(Payload):
    """An item's review, to be read, expired or reminded of."""

    item_id: str
    line: str = ""
    """What to remind the person of."""


class Ending(Payload):
    """What `close_item` writes down."""

    item_id: str
    state: ItemState
    reason: str = ""
    actor: str = ""
    """Who stopped it, where somebody did."""
    posts: tuple[Receipt, ...] = ()


def successor_id(forerunner_id: str, account_id: str) -> str:
    """Return the id of the item that takes another one up again: always the same, also where a backup forgot it."""
    day = forerunner_id.rpartition("-")[0].rpartition("-")[2]
    drawn = base64.b32encode(hashlib.sha256(f"again {forerunner_id}".encode()).digest()).decode().lower()
    return f"{account_id}-{day}-{drawn[:6]}"


def new_item_id(account_id: str, day: date, tail: str | None = None) -> str:
    """Return `<account>-<yyyymmdd>-<6 base32>`; `tail` fixes the last part."""
    drawn = tail or "".join(secrets.choice(BASE32) for _ in range(6))
    return f"{account_id}-{day:%Y%m%d}-{drawn}"
