"""A content item: what is asked, where it stands, and how it ends."""

import base64
import hashlib
import secrets
from datetime import date, timedelta
from enum import IntEnum, StrEnum

from schema.content.publication import PostReceipt
from schema.items.plan import ItemPlan, StoredClip
from schema.money import Book
from schema.payload import Payload
from schema.purchases.operation import Limits, Order, Refusal
from schema.purchases.routing import Tier

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


class WantedItem(Payload):
    """What a person or a schedule asks for, through whatever door. What it leaves open, `open_item` fixes.

    Doors check it as an `ItemForm`.
    """

    account_id: str
    format: str = "asmr-craft"
    topic: str | None = None
    title: str | None = None
    """A person's own, instead of the writer's."""
    caption: str | None = None
    """A person's own, instead of the writer's."""
    campaign_id: str | None = None
    """A campaign of the account, whose cap the item falls under as well; None for none."""
    seed: int | None = None
    tier: Tier = "standard"
    fresh: bool = False
    """Buy every scene, also one that the account has bought before."""
    book: Book | None = None
    """Whose money may be spent; None means real dollars where a real vendor is configured, else simulated ones."""
    item_cap_microusd: int | None = None
    day_cap_microusd: int | None = None
    """A cap of the account for today, lower than its usual one."""
    requested_by: str = "system"
    """The person who asked; `system` where a schedule did."""


class ItemRequest(WantedItem):
    """Input of the workflow: what was asked for, its id, and a person's own files if any."""

    item_id: str
    footage: tuple[StoredClip, ...] = ()
    review: timedelta | None = None
    watermark_key: str | None = None
    intro_key: str | None = None
    outro_key: str | None = None
    forerunner_id: str | None = None
    """The ended item that this one takes up again, with what was made for it; None for a new one."""
    planned: bool = False
    """True where a schedule asked, whose next fire for the same moment asks for the same item again."""


class Opened(Payload):
    """What `open_item` answers."""

    plan: ItemPlan
    finished: ItemState | None = None
    """Set where the item had already ended: then there is nothing to do."""


class ItemResult(Payload):
    """How an item ended."""

    item_id: str
    state: ItemState
    reason: str = ""
    """One line for a person; empty where the state says it all."""
    video_key: str | None = None
    posts: tuple[PostReceipt, ...] = ()
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
    footage: StoredClip


class RoundRequest(Payload):
    """What a round buys, to be reserved before anything of it is ordered."""

    orders: tuple[Order, ...]
    limits: Limits


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
    """The person who stopped it; empty for other endings."""
    posts: tuple[PostReceipt, ...] = ()


def successor_id(forerunner_id: str, account_id: str) -> str:
    """Return the id of the item that takes this one up again: always the same."""
    day = forerunner_id.rpartition("-")[0].rpartition("-")[2]
    drawn = base64.b32encode(hashlib.sha256(f"again {forerunner_id}".encode()).digest()).decode().lower()
    return f"{account_id}-{day}-{drawn[:6]}"


def new_item_id(account_id: str, day: date, tail: str | None = None) -> str:
    """Return `<account>-<yyyymmdd>-<6 base32>`; `tail` fixes the last part."""
    drawn = tail or "".join(secrets.choice(BASE32) for _ in range(6))
    return f"{account_id}-{day:%Y%m%d}-{drawn}"
