"""What a platform, a place that shows videos, can be asked."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from schema.failure import Fault, Trouble
from schema.payload import Payload


class Post(Payload):
    """One finished video as it goes to one place, once."""

    operation_id: str
    """Our marker: the platform keeps it where `find` can read it."""
    item_id: str
    account_id: str
    video: Path
    """The file on this machine, already hashed again against `sha256`."""
    sha256: str
    thumbnail: Path | None
    caption: str
    title: str
    stand_in: bool
    """True where an offline vendor made the pictures."""
    metadata: dict[str, str]
    """What the platform may show or store beside the post."""


class Prepared(Payload):
    """What a post can come from, and nothing else can: a container, a publish id, an upload session."""

    handle: str


class Live(Payload):
    """A post that exists."""

    post_id: str
    """The platform's own id of it."""
    uri: str
    """Where it can be seen."""


class PostSighting(Payload):
    """What a platform says of a handle or of a marker."""

    live: Live | None = None
    """Set where exactly one post was found."""
    seen: bool = False
    """True without `live`: something is there, and it is not clear what."""
    authoritative: bool = False
    """True where not being seen proves that there is no post; of a handle also, that it can bring forth none."""
    visible_within: timedelta = timedelta()
    """How long the answer may lag behind what happened."""


class Platform(Protocol):
    """A place that shows videos.

    A post is made in two steps: `prepare` makes its handle, which is stored; `commit` does everything that a post can
    come from. `check` and `find` are reads: they may be repeated, and an exception from one means that nothing was
    learned.
    """

    @property
    def name(self) -> str:
        """The platform's name in formats, receipts and operation ids."""
        ...

    @property
    def surface(self) -> str:
        """Where on the platform a video is shown: `reels`, `shorts`, `outbox`."""
        ...

    @property
    def continues(self) -> bool:
        """True where `commit` on a handle that was committed before cannot make a second post."""
        ...

    async def own_account(self, account_id: str) -> str:
        """Return the platform's own id of an account of ours, as it is connected now. A read."""
        ...

    async def prepare(self, post: Post) -> Prepared:
        """Make a handle. No post can exist from it before `commit`.

        May be repeated: each call makes another handle, and only the last one needs to be usable. Any exception means
        that nothing was posted; `NoEffect` says also whether trying again later helps.
        """
        ...

    async def commit(self, post: Post, handle: str) -> Live:
        """Publish what was prepared. After this call a post may exist.

        It is called once for a handle, and again for the same one only where the platform `continues`. `NoEffect` is
        proof that this call made no post, and any other exception means that the outcome is unknown.
        """
        ...

    async def check(self, handle: str) -> PostSighting:
        """Ask what became of a handle. A read."""
        ...

    async def find(self, item_id: str, operation_id: str | None = None) -> PostSighting:
        """Look for the post of an operation by its marker, or for any post of an item. A read."""
        ...


def platform_named(name: str, platforms: Mapping[str, Platform]) -> Platform:
    """Return a platform of this worker. Raises `Trouble` (`bad_input`) where it has none of that name."""
    try:
        return platforms[name]
    except KeyError:
        raise Trouble(
            Fault.BAD_INPUT, f"this worker cannot post to {name!r}; it can to {', '.join(sorted(platforms))}"
        ) from None


async def place_on(platform: Platform, account_id: str) -> str:
    """Return the place of an account's posts: `<platform>/<surface>:<the platform's own account id>`."""
    return f"{platform.name}/{platform.surface}:{await platform.own_account(account_id)}"
