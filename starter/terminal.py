"""Ask a person in the terminal, without holding up anything else; Ctrl-C works at any moment."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

from rich.markup import escape

from schema.money import in_words
from schema.progress import Progress
from schema.review import Word
from starter.display import console

_MENU = r"\[[bold]p[/]]lay  \[[bold]a[/]]pprove  \[[bold]r[/]]eject  \[[bold]c[/]]aption  re\[[bold]v[/]]ise"


def can_ask() -> bool:
    """Say whether somebody can be asked here."""
    return sys.stdin.isatty() and console.is_terminal


async def ask_for_word(progress: Progress, video: Path, actor: str) -> Word:
    """Show what is to be reviewed and return what the person says."""
    caption = escape(progress.caption) or "(there is no caption yet)"
    console.print(
        f"\n  [bold]{escape(progress.title)}[/]\n  {escape(str(video))}\n\n{caption}\n",
        soft_wrap=True,
    )
    while True:
        console.print(f"  {_MENU} > ", end="")
        answer = (await read_line()).strip().lower()
        match answer[:1]:
            case "p":
                _play(video)
            case "a":
                return _word(progress, actor, kind="approve")
            case "r":
                return _word(progress, actor, kind="reject", notes=await _text("why (may be empty)"))
            case "c":
                if caption := await _text("the new caption"):
                    return _word(progress, actor, kind="edit_caption", caption=caption)
            case "v":
                price = in_words(progress.round_price_microusd, progress.book)
                if notes := await _text(
                    f"what should be different (costs at most {price}; empty to go back)"
                ):
                    return _word(progress, actor, kind="revise", notes=notes)
            case _:
                console.print("  one of p, a, r, c, v")


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


def _word(progress: Progress, actor: str, **said: str) -> Word:
    return Word.model_validate(
        {"item_id": progress.item_id, "review_id": progress.review_id, "actor": actor, "door": "terminal"}
        | said
    )


def _play(video: Path) -> None:
    """Open the file with the desktop's player, where there is one."""
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    how = "opened with this desktop's player" if opener else "no player was found; open it yourself"
    console.print(f"  {how}: {escape(str(video))}", soft_wrap=True)
    if not opener:
        return
    subprocess.Popen(
        [opener, str(video)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
