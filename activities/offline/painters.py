"""Runs painters: one process a clip or picture, niced, that ends when the studio ends."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from activities.offline.painting.instant import write_instant_clip
from activities.offline.painting.still import write_instant_still
from activities.offline.studio_orders import Paint, PaintingFailed, Ticket

NICENESS = 10
"""Painters stand back behind the worker, the database and Temporal."""
KEEP_OF_STDERR_BYTES = 64 * 1024


def paint(folder: Path) -> Paint:
    """Return the verb that paints a job into `folder`, under its own name."""

    async def into_folder(ticket: Ticket, on_progress: Callable[[float], None]) -> None:
        to = folder / ticket.file_name
        part = to.with_name(f"{to.stem}.part{to.suffix}")
        order = json.dumps(ticket.order.model_dump(mode="json"))
        await _run_painter(order, part, on_progress)
        os.replace(part, to)

    return into_folder


async def _run_painter(order: str, to: Path, on_progress: Callable[[float], None]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-X", "utf8", "-m", "activities.offline.painting.painter"),
        *("--to", str(to), "--parent", str(os.getpid()), "--niceness", str(NICENESS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    complaint = asyncio.create_task(_last_words(process.stderr))
    try:
        process.stdin.write(order.encode())
        process.stdin.close()
        async for line in process.stdout:
            with contextlib.suppress(ValueError):
                on_progress(float(line))
        code = await process.wait()
        words = await complaint
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
            await complaint
    if code != 0:
        raise PaintingFailed(f"the painter ended with {code}: {words.strip()[-300:] or 'no word'}")


async def _last_words(stream: asyncio.StreamReader) -> str:
    kept = b""
    while chunk := await stream.read(8192):
        kept = (kept + chunk)[-KEEP_OF_STDERR_BYTES:]
    return kept.decode(errors="replace")


async def make_instant(clip: Path, still: Path) -> None:
    """Make the clip and the still that `--instant` hands out, once a folder."""
    if not clip.exists():
        await asyncio.to_thread(write_instant_clip, clip)
    if not still.exists():
        await asyncio.to_thread(write_instant_still, still)
