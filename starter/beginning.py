"""Begin an item: check what was asked for, bring a person's own clips in, and start the workflow."""

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.media.editor import FfmpegEditor
from activities.open_item import makeable_format, platforms_of
from activities.storage.folder import FolderStorage
from activities.store import accounts
from schema import queues
from schema.failure import Fault, Trouble
from schema.item import Footage, ItemRequest, ItemResult, new_item_id
from signals.names import workflow_id
from starter.mishaps import first_problem
from starter.session import Session
from workflows import attributes
from workflows.content_item import ContentItem

MOST_CLIPS = 24
_PATIENCE = timedelta(seconds=10)
"""With Temporal; the same call again meets what an unanswered one has begun."""
Handle = WorkflowHandle[ContentItem, ItemResult]


@dataclass(frozen=True)
class Wish:
    """What a person asked for on the command line."""

    account_id: str
    format: str
    topic: str | None = None
    seed: int | None = None
    clips: Path | None = None
    item_cap_microusd: int | None = None
    day_cap_microusd: int | None = None


async def begin(session: Session, wish: Wish, tell: Callable[[str], None]) -> tuple[str, Handle]:
    """Start an item; return its id and the workflow. Raises `Trouble` for what cannot be made, before anything is."""
    async with session.database.transaction() as connection:
        account = await accounts.get(connection, wish.account_id)
    chosen, _ = makeable_format(wish.format)
    platforms_of(chosen, account.platforms)
    item_id = new_item_id(
        account.account_id, datetime.now(UTC).astimezone(ZoneInfo(account.time_zone)).date()
    )
    try:
        request = ItemRequest(
            item_id=item_id,
            account_id=account.account_id,
            format=chosen.name,
            topic=wish.topic,
            seed=wish.seed,
            item_cap_microusd=wish.item_cap_microusd,
            day_cap_microusd=wish.day_cap_microusd,
        )
    except ValidationError as error:
        raise Trouble(Fault.BAD_INPUT, first_problem(error)) from None
    if wish.clips is not None:
        footage = await asyncio.to_thread(bring_in, session.storage, item_id, wish.clips, tell)
        request = request.model_copy(update={"footage": footage})
    return item_id, await start(session.client, request)


async def start(client: Client, request: ItemRequest) -> Handle:
    """Start the item's workflow, or meet the one that is there."""
    return await client.start_workflow(
        ContentItem.run,
        request,
        id=workflow_id(request.item_id),
        task_queue=queues.CONTROL,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=attributes.at_start(request.account_id, request.format),
        static_summary=f"{request.format} for {request.account_id}"
        + (f": {request.topic}" if request.topic else ""),
        rpc_timeout=_PATIENCE,
    )


def bring_in(
    storage: FolderStorage, item_id: str, folder: Path, tell: Callable[[str], None]
) -> tuple[Footage, ...]:
    """Check every clip of a folder, in the order of their names, and copy it into storage.

    Raises `Trouble` (`bad_footage`) for a missing or empty folder, and for the first clip that is no usable video.
    """
    clips = clips_of(folder)
    editor = FfmpegEditor()
    try:
        for number, clip in enumerate(clips, 1):
            tell(f"checking clip {number} of {len(clips)}: {clip.name}")
            editor.inspect(clip)
    finally:
        editor.close()
    return tuple(_copy(storage, item_id, number, clip) for number, clip in enumerate(clips, 1))


def clips_of(folder: Path) -> list[Path]:
    """Return the files of a folder in the order of their names; raises `Trouble` (`bad_footage`) where it is no use."""
    if not folder.is_dir():
        raise Trouble(
            Fault.BAD_FOOTAGE, f"there is no folder {str(folder)!r}; give one with your video files"
        )
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except PermissionError:
        raise Trouble(
            Fault.BAD_FOOTAGE, f"the folder {str(folder)!r} may not be read; allow it and try again"
        ) from None
    if not found:
        raise Trouble(Fault.BAD_FOOTAGE, f"the folder {str(folder)!r} is empty; put your video files into it")
    if odd := next((path for path in found if not path.is_file()), None):
        raise Trouble(
            Fault.BAD_FOOTAGE, f"{odd.name!r} is no file; leave only video files in {str(folder)!r}"
        )
    if len(found) > MOST_CLIPS:
        raise Trouble(Fault.BAD_FOOTAGE, f"{len(found)} clips are too many; an item takes {MOST_CLIPS}")
    return found


def _copy(storage: FolderStorage, item_id: str, number: int, clip: Path) -> Footage:
    key = f"content/{item_id}/raw/own-{number:02d}.clip"
    copied = storage.scratch(item_id) / f"own-{number:02d}.part"
    shutil.copyfile(clip, copied)
    with copied.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size_bytes = copied.stat().st_size
    storage.promote(copied, key)
    return Footage(key=key, sha256=digest, size_bytes=size_bytes, original_name=clip.name)
