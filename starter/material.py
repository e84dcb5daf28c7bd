"""What a person brings along: clips, intro, outro and watermark, checked and copied into storage."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.media.editor import FfmpegEditor
from activities.storage.folder import FolderStorage
from schema.failure import Fault, Trouble
from schema.item import Footage

MOST_CLIPS = 24


@dataclass(frozen=True)
class Material:
    """Files of a person's own; None where there is none."""

    clips: Path | None = None
    """A folder of video files, which are the scenes."""
    intro: Path | None = None
    outro: Path | None = None
    watermark: Path | None = None
    """A PNG."""


NOTHING = Material()


def bring_in(
    storage: FolderStorage, item_id: str, material: Material, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Check what was brought and copy it into storage; return the fields of an `ItemRequest` that name it.

    Raises `Trouble` (`bad_footage`) for a missing or empty folder, and for the first file that is of no use; nothing
    is copied before everything was checked.
    """
    clips = clips_of(material.clips) if material.clips else []
    extras = {name: path for name in ("intro", "outro") if (path := getattr(material, name))}
    editor = FfmpegEditor()
    try:
        for number, clip in enumerate(clips, 1):
            tell(f"checking clip {number} of {len(clips)}: {clip.name}")
            editor.inspect(clip)
        for name, path in extras.items():
            tell(f"checking the {name}: {path.name}")
            editor.inspect(_file(path))
    finally:
        editor.close()
    if material.watermark:
        extras["watermark"] = _png(material.watermark)
    brought: dict[str, Any] = {
        f"{name}_key": _copy(storage, item_id, name, path).key for name, path in extras.items()
    }
    footage = [_copy(storage, item_id, f"own-{number:02d}", clip) for number, clip in enumerate(clips, 1)]
    return brought | {"footage": tuple(footage)}


def _file(path: Path) -> Path:
    if not path.is_file():
        raise Trouble(Fault.BAD_FOOTAGE, f"there is no file {str(path)!r}; give one of your own")
    return path


def _png(path: Path) -> Path:
    with _file(path).open("rb") as file:
        if file.read(8) != b"\x89PNG\r\n\x1a\n":
            raise Trouble(
                Fault.BAD_FOOTAGE, f"{path.name!r} is no PNG; a watermark is a PNG with transparency"
            )
    return path


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


def _copy(storage: FolderStorage, item_id: str, name: str, source: Path) -> Footage:
    key = f"content/{item_id}/raw/{name}.brought"
    copied = storage.scratch(item_id) / f"{name}.part"
    shutil.copyfile(source, copied)
    with copied.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size_bytes = copied.stat().st_size
    storage.promote(copied, key)
    return Footage(key=key, sha256=digest, size_bytes=size_bytes, original_name=source.name)
