"""What people read of an item in the Temporal UI: its state, its cost, what it waits for."""

from datetime import timedelta

from schema.items.progress import Progress
from schema.items.stage import row_of
from schema.money import in_words

APOSTROPHE = "\u2019"


def as_markdown(progress: Progress) -> str:
    """Return the details as a few lines of Markdown.

    Amounts and everything that people or models wrote stand in code, so that nothing in them is read as Markdown:
    the UI takes two dollar signs for mathematics.
    """
    lines = [
        f"**{row_of(progress.stage).shown}**, round {progress.round}: {_code(progress.title or progress.item_id)}",
        f"Waits for: {row_of(progress.stage).waits_for}",
        f"Cost so far {_code(in_words(progress.cost_microusd, progress.book))}, "
        f"one more round at most {_code(in_words(progress.round_price_microusd, progress.book))}",
    ]
    if progress.last_word:
        lines.append(f"Last word: {_code(progress.last_word)}")
    if progress.scenes:
        lines.append("Scenes: " + ", ".join(f"{scene.scene} {scene.state}" for scene in progress.scenes))
    if progress.review_id:
        lines.append(f"On show: {_code(progress.review_id)}, {_code(progress.video_key or '')}")
        lines.append(f"```text\n{progress.caption.replace('`', APOSTROPHE)}\n```")
    return "\n\n".join(lines)


def _code(text: str) -> str:
    return f"`{' '.join(text.split()).replace('`', APOSTROPHE)}`"


def in_time(length: timedelta) -> str:
    """Return a length of time as people say it: `4 h`, `90 min`, `20 s`."""
    seconds = round(length.total_seconds())
    if seconds >= 120 * 60 and seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds >= 120 else f"{seconds} s"
