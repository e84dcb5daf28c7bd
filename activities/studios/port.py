"""What a studio can be asked: one paid call, and reads around it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from schema.content.scene import SceneOrder
from schema.content.still import StillOrder
from schema.failure import NoEffect as NoEffect
from schema.money import Book
from schema.payload import Payload


class JobState(StrEnum):
    """Where a job stands at the vendor; states only move forward."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Payload):
    """One reading of a job."""

    handle: str
    state: JobState
    progress: float = 0.0
    """0 to 1, as far as the vendor tells."""
    reason: str = ""
    """Why it failed, cut and cleaned; empty otherwise."""
    charged_microusd: int | None = None
    """What the vendor charged; None while it does not say. A failed job may have been charged."""


class JobSighting(Payload):
    """What the vendor's own listing says about our marker."""

    seen: bool
    handle: str | None = None
    """The job behind the marker, where it was seen exactly once."""
    authoritative: bool = False
    """True where not being listed proves that nothing happened (after the visibility delay)."""
    visible_within: timedelta = timedelta()
    """How long the listing may lag behind; zero means: no longer than the usual visibility delay."""


class Callbacks(Protocol):
    """What vendors told us of their own accord, verified; for a studio whose vendor can reach us."""

    def address(self, vendor: str, operation_id: str) -> str:
        """Return the callback address of one operation, which only this vendor is told."""
        ...

    async def job_of(self, vendor: str, operation_id: str) -> str | None:
        """Return the one job that was named for this operation; None where none was, or where it is not clear."""
        ...

    async def is_told_of(self, vendor: str, operation_ids: Sequence[str]) -> bool:
        """True where anything was told about one of these, clear or not: its absence is then never proven."""
        ...


class Studio(Protocol):
    """A vendor that makes clips, and stills.

    `submit` is a paid call: it is sent once and raises `NoEffect` only on proof; any other exception means that
    the outcome is unknown. All others are reads and may be repeated; they raise `httpx.HTTPError` or `OSError`
    when the vendor cannot be reached.
    """

    @property
    def name(self) -> str:
        """The vendor's name on receipts."""
        ...

    @property
    def book(self) -> Book:
        """Whose money it charges."""
        ...

    async def upload(self, image: Path) -> str:
        """Bring a start image (JPEG or PNG) to the vendor and return its address there; may be repeated.

        Raises `NoEffect`: for good where this vendor takes no such file, else where it did not take it now.
        """
        ...

    async def submit(self, order: SceneOrder | StillOrder, start_image: str | None = None) -> str:
        """Order one scene or still and return the vendor's handle; `start_image` is where `upload` left the order's."""
        ...

    async def read_job(self, handle: str) -> Job:
        """Return where the job stands."""
        ...

    async def find(
        self, order: SceneOrder | StillOrder, *, forgotten: Sequence[str] = (), since: datetime | None = None
    ) -> JobSighting:
        """Look the order up in the vendor's own listing, by the marker it was sent with.

        `forgotten` are further operations that may stand for the same purchase: where one of them is listed, it is
        `seen` without a handle. All are looked for in one reading. `since` is a moment before which none of them can
        have been sent; None: the day in the operation's id says it.
        """
        ...

    async def cancel(self, handle: str) -> None:
        """Ask the vendor to drop the job; what it then charged is told by `read_job`."""
        ...

    async def fetch(self, handle: str, to: Path) -> None:
        """Stream the finished clip or still into the file `to`, which must not exist yet."""
        ...
