"""What people see while an item is being made: a live picture in a terminal, plain lines elsewhere."""

import contextlib
from collections.abc import Generator
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from schema.item import Stage
from schema.money import in_words
from schema.progress import Progress

console = Console(stderr=True)
"""People read standard error; standard output belongs to the result."""

_STAGES = (Stage.IDEA, Stage.PROMPTS, Stage.SCENES, Stage.COMPOSE, Stage.REVIEW, Stage.PUBLISH)
_ENDLESS = 1_000
_MARKS = {"waits": "·", "ordered": "…", "made": "✓", "fetched": "✓", "kept": "✓", "failed": "✗"}


def paper() -> Console:
    """Return where results for people go. In a file or a pipe nothing is cut or wrapped: a program may read it."""
    out = Console()
    return out if out.is_terminal else Console(width=_ENDLESS)


class Display(Protocol):
    """Shows readings as they come."""

    def show(self, seen: Progress | str) -> None:
        """Show one reading, or a line while the item cannot be read."""
        ...


class PlainLines:
    """One line a change."""

    def show(self, seen: Progress | str) -> None:
        """Show one reading."""
        console.print(
            in_one_line(seen) if isinstance(seen, Progress) else seen, highlight=False, soft_wrap=True
        )


def in_one_line(progress: Progress) -> str:
    """Return a reading as one plain line."""
    parts = [f"{progress.stage:<8}"]
    if progress.scenes:
        parts.append("scenes " + " ".join(f"{scene.scene}:{scene.state}" for scene in progress.scenes))
    parts.append(f"cost {in_words(progress.cost_microusd, progress.book)}")
    if progress.last_word:
        parts.append(progress.last_word)
    return " ".join("  ".join(parts).splitlines())


class LivePicture:
    """Stages, scenes and cost, redrawn in place."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._last: Progress | None = None

    def show(self, seen: Progress | str) -> None:
        """Show one reading."""
        if isinstance(seen, Progress):
            self._last = seen
        if self._last:
            self._live.update(_picture(self._last, seen if isinstance(seen, str) else ""))


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


def _picture(progress: Progress, trouble: str) -> Group:
    stages = Text("  ")
    reached = _STAGES.index(progress.stage) if progress.stage in _STAGES else len(_STAGES)
    for number, stage in enumerate(_STAGES):
        style = "green" if number < reached else "bold yellow" if number == reached else "dim"
        stages.append(("✓ " if number < reached else "") + stage, style).append("   ")
    table = Table.grid(padding=(0, 2))
    table.add_row("  item", progress.item_id)
    if progress.title:
        table.add_row("  title", progress.title)
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
    if line := trouble or progress.last_word:
        table.add_row("  note", line)
    if progress.stage in (Stage.REVIEW, Stage.DONE):
        return Group(stages, table)
    return Group(stages, table, Spinner("dots", f" {progress.stage}"))
