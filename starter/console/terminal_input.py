"""Ask a person in the terminal, without holding up anything else; Ctrl-C works at any moment."""

import asyncio
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.markup import escape

from schema.failure import Fault, Trouble
from schema.items.progress import Progress
from schema.money import Book, in_words
from schema.reviews.review import WordForm
from starter.console.display import console

_OPENER_PATIENCE = timedelta(seconds=3)
"""A caller without a person at the terminal says so sooner."""
_MENU = r"\[[bold]p[/]]lay  \[[bold]a[/]]pprove  \[[bold]r[/]]eject  \[[bold]c[/]]aption  re\[[bold]v[/]]ise"


def can_ask() -> bool:
    """Say whether a person can be asked here."""
    return sys.stdin.isatty() and console.is_terminal


@dataclass(frozen=True)
class AnotherRound:
    """What a revise would cost, and whether the item's cap holds it."""

    price_microusd: int
    left_microusd: int
    cap_microusd: int
    book: Book
    own_clips: bool
    """True where the clips are a person's own, so that there is nothing to make again."""

    @property
    def needed_cap_microusd(self) -> int | None:
        """The cap that would hold it; None where the present one does."""
        missing = self.price_microusd - self.left_microusd
        return self.cap_microusd + missing if missing > 0 else None

    def in_words(self) -> str:
        """Return the figures as a person needs them before the decision."""
        if self.own_clips:
            return "the clips are your own: there is nothing to make again"
        price, left, cap = (
            in_words(amount, self.book)
            for amount in (self.price_microusd, self.left_microusd, self.cap_microusd)
        )
        return f"another round costs at most {price}; this item's cap of {cap} has {left} left"


async def ask_for_word(progress: Progress, video: Path, another: AnotherRound, actor: str) -> WordForm:
    """Show what is to be reviewed and return what the person says. Raises `Trouble` at the end of the input."""
    caption = escape(progress.caption) or "(there is no caption yet)"
    console.print(
        f"\n  [bold]{escape(progress.title)}[/]\n  {escape(str(video))}\n  {another.in_words()}\n\n{caption}\n",
        soft_wrap=True,
        highlight=False,
    )
    try:
        while True:
            console.print(f"  {_MENU} > ", end="")
            answer = (await read_line()).strip().lower()
            if word := await _word_of(answer[:1], progress, video, another, actor):
                return word
    except EOFError:
        console.print()
        raise Trouble(
            Fault.STOPPED,
            f"the input has ended before a decision; {progress.item_id} waits for `reelwright approve` or another word",
        ) from None


async def _word_of(
    choice: str, progress: Progress, video: Path, another: AnotherRound, actor: str
) -> WordForm | None:
    """Return what a choice of the menu means; None where it leads back to the menu."""
    match choice:
        case "p":
            await _play(video)
        case "a":
            return _word(progress, actor, kind="approve")
        case "r":
            return _word(progress, actor, kind="reject", notes=await _text("why (may be empty)"))
        case "c":
            if caption := await _text("the new caption"):
                return _word(progress, actor, kind="edit_caption", caption=caption)
        case "v" if another.own_clips:
            console.print(f"  {another.in_words()}; edit the caption, or make a new item with other clips")
        case "v":
            return await _revise(progress, another, actor)
        case _:
            console.print("  one of p, a, r, c, v")
    return None


async def _revise(progress: Progress, another: AnotherRound, actor: str) -> WordForm | None:
    """Ask what should be different and, where the item's cap is too small for it, whether to raise that."""
    console.print(f"  {another.in_words()}", highlight=False)
    said: dict[str, object] = {}
    if (cap := another.needed_cap_microusd) is not None:
        answer = await _text(f"raise this item's cap to {in_words(cap, another.book)}? (y/N)")
        if answer.strip().lower() not in ("y", "yes"):
            return None
        said["item_cap_microusd"] = cap
    notes = await _text("what should be different (empty to go back)")
    return _word(progress, actor, kind="revise", notes=notes, **said) if notes else None


async def read_line() -> str:
    """Return the next line of standard input; raises `EOFError` at its end."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sys.stdin.fileno(), lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(sys.stdin.fileno())
    line = sys.stdin.readline()
    if not line:
        raise EOFError("standard input ended before a decision")
    return line.rstrip("\n")


async def _text(question: str) -> str:
    console.print(f"  {question} > ", end="")
    return (await read_line()).strip()


def _word(progress: Progress, actor: str, **said: object) -> WordForm:
    return WordForm.model_validate(
        {"item_id": progress.item_id, "review_id": progress.review_id, "actor": actor, "door": "terminal"}
        | said
    )


async def _play(video: Path) -> None:
    """Open the file with the desktop's player; say where it lies where that cannot be done."""
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    opened = opener is not None and await _opens(opener, video)
    how = "opened with this desktop's player" if opened else "no player could be started here; the file is"
    console.print(f"  {how}: {escape(str(video))}", soft_wrap=True, highlight=False)


async def _opens(opener: str, video: Path) -> bool:
    """Start a desktop's opener; True where it goes on, or says that it has done it."""
    process = await asyncio.create_subprocess_exec(
        opener, str(video), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        return await asyncio.wait_for(process.wait(), _OPENER_PATIENCE.total_seconds()) == 0
    except TimeoutError:
        return True
