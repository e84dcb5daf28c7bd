"""What people see while an item is being made: a live picture in a terminal, plain lines elsewhere."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from schema.items.progress import Progress
from schema.items.stage import STAGES, row_of
from schema.money import in_words

console = Console(stderr=True)
"""People read standard error; standard output belongs to the result."""

_ENDLESS = 1_000
WAITS = "waits:"
_MARKS = {"waits": "·", "ordered": "…", "made": "✓", "fetched": "✓", "kept": "✓", "failed": "✗"}


def paper() -> Console:
    """Return the console for results. In a file or a pipe nothing is cut or wrapped."""
    out = Console()
    return out if out.is_terminal else Console(width=_ENDLESS)


def when(moment: datetime) -> str:
    """Return a moment in this machine's own time zone, which is named."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z}"


@dataclass(frozen=True)
class Reading:
    """One look at an item."""

    progress: Progress | None
    """None while it cannot be read."""
    waits_for: tuple[str, ...] = ()
    """What keeps it from going on, a line each: what failed and is tried again, or who does not answer."""


class Display(Protocol):
    """Shows readings as they come."""

    def show(self, seen: Reading) -> None:
        """Show one reading."""
        ...


class PlainLines:
    """One line a change."""

    def __init__(self) -> None:
        self._last = Reading(None)

    def show(self, seen: Reading) -> None:
        """Print what the item does now, and each new thing that it waits for."""
        if seen.progress is not None and seen.progress != self._last.progress:
            self._print(in_one_line(seen.progress))
        for line in seen.waits_for:
            if line not in self._last.waits_for:
                self._print(f"{WAITS} {line}")
        self._last = Reading(seen.progress or self._last.progress, seen.waits_for)

    def _print(self, line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def in_one_line(progress: Progress) -> str:
    """Return a reading as one plain line."""
    parts = [f"{row_of(progress.stage).shown:<{_width()}}"]
    if progress.scenes:
        parts.append("scenes " + " ".join(f"{scene.scene}:{scene.state}" for scene in progress.scenes))
    parts.append(f"cost {in_words(progress.cost_microusd, progress.book)}")
    if progress.last_word:
        parts.append(progress.last_word)
    return " ".join("  ".join(parts).splitlines())


def _width() -> int:
    """Return the length of the longest name of a stage, and a space."""
    return max(len(row.shown) for row in STAGES.values()) + 1


class LivePicture:
    """Stages, scenes and cost, redrawn in place."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._last: Progress | None = None

    def show(self, seen: Reading) -> None:
        """Show one reading; what could be read last stays while nothing can be."""
        self._last = seen.progress or self._last
        self._live.update(picture(self._last, seen.waits_for))


@contextlib.contextmanager
def display() -> Generator[Display]:
    """Give the display that fits where standard error goes."""
    if not console.is_terminal:
        yield PlainLines()
        return
    with Live(
        Spinner("dots", "starting the item"), console=console, refresh_per_second=8, transient=False
    ) as live:
        yield LivePicture(live)


def picture(progress: Progress | None, waits_for: Sequence[str]) -> Group:
    """Return what is shown of an item: only what has really been gone through has a tick."""
    waiting = Table.grid(padding=(0, 2))
    for line in waits_for:
        waiting.add_row(f"  {WAITS}", Text(line, style="yellow"))
    if progress is None:
        return Group(Spinner("dots", " starting the item"), waiting)
    table = Table.grid(padding=(0, 2))
    table.add_row("  item", progress.item_id)
    if progress.title:
        table.add_row("  title", Text(progress.title))
    if progress.scenes:
        table.add_row(
            "  scenes",
            "   ".join(
                f"{scene.scene} {_MARKS.get(scene.state, '')} {scene.state}" for scene in progress.scenes
            ),
        )
    so_far = in_words(progress.cost_microusd, progress.book)
    most = in_words(progress.round_price_microusd, progress.book)
    table.add_row("  cost", f"{so_far} so far; a round costs at most {most}")
    if progress.last_word:
        table.add_row("  note", Text(progress.last_word))
    row = row_of(progress.stage)
    shown = [_stages(progress), table, waiting, *([] if row.rests else [Spinner("dots", f" {row.shown}")])]
    return Group(*shown)


def _stages(progress: Progress) -> Text:
    """Return the stages in a row: gone through, being gone through or failed, and still to come."""
    stages = Text("  ")
    for stage in progress.stages:
        if stage in progress.passed:
            mark, style = "✓ ", "green"
        elif stage == progress.ended_in:
            mark, style = "✗ ", "red"
        else:
            mark, style = "", "bold yellow" if stage == progress.stage else "dim"
        stages.append(f"{mark}{row_of(stage).shown}", style).append("   ")
    return stages
