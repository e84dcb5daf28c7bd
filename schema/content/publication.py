"""What we ask of a platform, and what it answered."""

from enum import StrEnum

from schema.money import Book
from schema.payload import Payload
from schema.reviews.subject import Subject


class PostState(StrEnum):
    """How a post ended. `unknown` is looked up, never sent again; `parked` waits for a person."""

    LIVE = "live"
    REFUSED = "refused"
    PARKED = "parked"


class PublishRequest(Payload):
    """One approved cut, to go to one platform, once."""

    item_id: str
    account_id: str
    place: str
    """`<platform>/<surface>:<the platform's own account id>`, as the approved review has it."""
    round: int
    review_id: str
    """The approval it stands on; checked again before sending."""
    subject: Subject
    """What was approved: its hash is checked against the approval before sending, its video is posted with its text."""
    thumbnail_key: str | None = None
    title: str
    stand_in: bool
    book: Book
    forerunners: tuple[str, ...] = ()
    """The items that this one takes up again: where one of them has a post, this one gets none."""

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.place.partition("/")[0]


class PostReceipt(Payload):
    """How a post ended."""

    platform: str
    state: PostState
    operation_id: str = ""
    post_id: str | None = None
    """The platform's own."""
    uri: str | None = None
    reason: str = ""
