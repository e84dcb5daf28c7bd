"""The offline studio's orders: takes orders, charges for them, and sees them through, restarts included.

The journal is all it knows: a studio that was killed reads it and goes on with every job that has no end yet. A
job that is painted again is neither a new submission nor a second charge.

Charges: an accepted order is charged at once. A job cancelled while it still waits is refunded in full; one that is
already being painted is dropped, and stays charged; so does one that fails.
"""

import asyncio
import contextlib
import hashlib
import shutil
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import structlog

from activities.offline.painting.order import ANY_ORDER, AnyOrder, Picture
from activities.offline.studio_journal import Effect, Journal, Line, now, read_journal
from schema.prices.price_table import PriceTable

PAINTERS = 2
"""Jobs painted at once: one for each of two cores."""

_NOT_YET = datetime.min.replace(tzinfo=UTC)
Stage = Literal["queued", "running", "finished", "failed", "cancelled"]

log = structlog.get_logger()


class OrderRefusal(Exception):
    """The order was not taken, and nothing was charged."""


class PaintingFailed(Exception):
    """A painter gave up; the words are for the caller."""


Paint = Callable[["Ticket", Callable[[float], None]], Awaitable[None]]
"""Paints one job into its file, telling how far it is; raises `PaintingFailed`."""


@dataclass
class Ticket:
    """One job as the studio knows it."""

    request_id: str
    marker: str
    model: str
    order: AnyOrder
    prompt_sha256: str
    price_microusd: int
    submitted_at: datetime = _NOT_YET
    stage: Stage = "queued"
    charged_microusd: int = 0
    progress: float = 0.0
    reason: str = ""
    ending: bool = False
    """True from the moment its end is being written down: a job ends once."""
    work: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def file_name(self) -> str:
        """What its file is called, once it is painted."""
        return f"{self.request_id}.{'jpg' if isinstance(self.order, Picture) else 'mp4'}"

    @property
    def ended(self) -> bool:
        """True when nothing will happen to it any more."""
        return self.stage in ("finished", "failed", "cancelled")

    def line(self, effect: Effect, reason: str = "") -> Line:
        """Return the journal's line for an effect on this job."""
        order = self.order.model_dump(mode="json") if effect == "submitted" else {}
        return Line(
            effect=effect,
            request_id=self.request_id,
            marker=self.marker,
            model=self.model,
            prompt_sha256=self.prompt_sha256,
            price_microusd=self.price_microusd,
            at=now(),
            reason=reason,
            order=order,
        )

    def apply(self, line: Line) -> None:
        """Take in one line of the journal: the only way a job changes for good."""
        match line.effect:
            case "submitted":
                self.submitted_at = line.at
            case "charged":
                self.charged_microusd += line.price_microusd
            case "refunded":
                self.charged_microusd -= line.price_microusd
            case "finished":
                self.stage, self.progress = "finished", 1.0
            case "failed" | "cancelled":
                self.stage, self.reason = line.effect, line.reason


class StudioOrders:
    """All jobs of one folder."""

    def __init__(self, folder: Path, prices: PriceTable, paint: Paint | None) -> None:
        """`paint` makes the clips; None means that every order is finished as soon as it is taken (`--instant`)."""
        self._media = folder / "media"
        self._media.mkdir(parents=True, exist_ok=True)
        self._prices = prices
        self._paint = paint
        self._painters = asyncio.Semaphore(PAINTERS)
        self._tickets: dict[str, Ticket] = {}
        self._by_marker: dict[str, list[Ticket]] = {}
        self._journal_path = folder / "journal.jsonl"
        self._journal = Journal(self._journal_path)

    async def open(self) -> None:
        """Read the journal and go on with what has no end yet."""
        for line in read_journal(self._journal_path):
            if line.effect == "submitted":
                order = ANY_ORDER.validate_python(line.order)
                self._keep(
                    Ticket(
                        line.request_id,
                        line.marker,
                        line.model,
                        order,
                        line.prompt_sha256,
                        line.price_microusd,
                    )
                )
            self._tickets[line.request_id].apply(line)
        for part in self._media.glob("*.part*"):
            _remove(part)
        for ticket in self._tickets.values():
            if not ticket.ended:
                log.info("going on with a job", request_id=ticket.request_id)
                await self._begin(ticket)

    async def close(self) -> None:
        """Drop what is being painted; the next `open` begins it again."""
        for ticket in self._tickets.values():
            if ticket.work is not None:
                ticket.work.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await ticket.work
        self._journal.close()

    def media(self, ticket: Ticket) -> Path:
        """Where a job's finished file lies."""
        return self._media / ticket.file_name

    async def submit(self, model: str, marker: str, order: AnyOrder) -> Ticket:
        """Take an order and charge for it. Two equal orders are two jobs and two charges.

        Raises `OrderRefusal` for what is not in the price list; `OSError` where the journal could not be written, and
        then nothing was taken either.
        """
        try:
            cost = self._cost_of(model, order)
        except ValueError as error:
            raise OrderRefusal(str(error)) from None
        digest = hashlib.sha256(order.prompt.encode()).hexdigest()
        ticket = Ticket(uuid.uuid4().hex, marker, model, order, digest, cost)
        effects: list[Effect] = ["submitted", "charged"]
        if self._paint is None:
            effects.append("finished")
        await self._note(ticket, *effects)
        self._keep(ticket)
        if self._paint is not None:
            ticket.work = asyncio.create_task(self._see_through(ticket))
        return ticket

    def _cost_of(self, model: str, order: AnyOrder) -> int:
        """Return what an order costs. Raises `ValueError` for what is not in the price list."""
        if isinstance(order, Picture):
            price = self._prices.images(model)
            cost = price.cost_microusd(*order.size_px)
        else:
            price = self._prices.clips(model)
            cost = price.cost_microusd(timedelta(seconds=order.duration), order.resolution)
            if order.aspect_ratio not in price.aspect_ratios:
                raise ValueError(f"aspect ratio {order.aspect_ratio!r} is not made by {model!r}")
        if len(order.prompt) > price.max_prompt_chars:
            raise ValueError(
                f"the prompt has {len(order.prompt)} characters, {model!r} takes {price.max_prompt_chars}"
            )
        return cost

    async def cancel(self, ticket: Ticket) -> bool:
        """Drop a job; False where it has already ended."""
        if ticket.ended or ticket.ending:
            return False
        effects: list[Effect] = ["cancelled", "refunded"] if ticket.stage == "queued" else ["cancelled"]
        ticket.ending = True
        try:
            await self._note(ticket, *effects)
        except OSError:
            ticket.ending = False
            raise
        if ticket.work is not None:
            ticket.work.cancel()
        return True

    def ticket(self, request_id: str) -> Ticket | None:
        """Return one job; None where there is none."""
        return self._tickets.get(request_id)

    def tickets(self, marker: str | None = None, since: datetime | None = None) -> list[Ticket]:
        """Return all jobs, oldest first, or those of one marker or age. Nothing is left out and nothing lags."""
        found = list(self._tickets.values()) if marker is None else list(self._by_marker.get(marker, ()))
        return [ticket for ticket in found if since is None or ticket.submitted_at >= since]

    def ahead_of(self, ticket: Ticket) -> int:
        """How many jobs wait before this one."""
        waiting = [other for other in self._tickets.values() if other.stage == "queued"]
        return waiting.index(ticket) if ticket in waiting else 0

    def census(self) -> dict[str, int]:
        """How many jobs stand where."""
        return dict(Counter(ticket.stage for ticket in self._tickets.values()))

    def _keep(self, ticket: Ticket) -> None:
        self._tickets[ticket.request_id] = ticket
        self._by_marker.setdefault(ticket.marker, []).append(ticket)

    async def _begin(self, ticket: Ticket) -> None:
        if (
            ticket.charged_microusd == 0
        ):  # killed between the two lines: no answer was sent yet, but it is owed
            await self._note(ticket, "charged")
        if self._paint is None:
            await self._note(ticket, "finished")
        else:
            ticket.work = asyncio.create_task(self._see_through(ticket))

    async def _note(self, ticket: Ticket, *effects: Effect, reason: str = "") -> None:
        lines = [ticket.line(effect, reason) for effect in effects]
        await self._journal.append(*lines)
        for line in lines:
            ticket.apply(line)

    async def _see_through(self, ticket: Ticket) -> None:
        assert self._paint is not None

        def told(progress: float) -> None:
            ticket.progress = max(ticket.progress, min(progress, 0.99))

        async with self._painters:
            if ticket.ended or ticket.ending:
                return
            ticket.stage = "running"
            try:
                if not self.media(ticket).exists():  # else killed between the file and the line
                    await self._paint(ticket, told)
            except (PaintingFailed, OSError) as error:
                log.warning("a job failed", request_id=ticket.request_id, reason=str(error))
                await self._end(ticket, "failed", str(error)[:500])
            else:
                await self._end(ticket, "finished")

    async def _end(self, ticket: Ticket, effect: Effect, reason: str = "") -> None:
        """Write down how a job ended, as soon as there is room to write."""
        if ticket.ending:
            return
        ticket.ending = True
        while True:
            try:
                return await self._note(ticket, effect, reason=reason)
            except OSError as error:
                log.warning("the journal cannot be written", request_id=ticket.request_id, reason=str(error))
                await asyncio.sleep(1)


def _remove(path: Path) -> None:
    """Remove what a killed painter left: a half-made clip, or its folder of scratch."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
