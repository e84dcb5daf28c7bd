"""What a place that shows videos can be asked."""

from pathlib import Path
from typing import Protocol

from schema.payload import Payload


class Post(Payload):
    """One finished video as it goes to one place, once."""

    operation_id: str
    item_id: str
    account_id: str
    video: Path
    """The file on this machine, already hashed again against `sha256`."""
    sha256: str
    thumbnail: Path
    caption: str
    title: str
    stand_in: bool
    """True where an offline vendor made the pictures."""
    metadata: dict[str, str]
    """What the platform may show or store beside the post."""


class Live(Payload):
    """Where a post can be seen."""

    post_id: str
    uri: str


class Platform(Protocol):
    """A place that shows videos.

    `post` is the one call after which a post exists: it is sent once, and any exception from it means that the
    outcome is unknown. `find` is a read.
    """

    @property
    def name(self) -> str:
        """The place's name in formats, receipts and operation ids."""
        ...

    async def post(self, post: Post) -> Live:
        """Publish, once."""
        ...

    async def find(self, item_id: str, operation_id: str) -> Live | None:
        """Return the post behind the marker. None proves that there is none, after the visibility delay."""
        ...

    async def has_post_of(self, item_id: str) -> bool:
        """Return whether there is any post of an item, whichever operation made it. A read."""
        ...
