"""What a person brings along: clips, intro, outro and watermark, checked by the composer and copied into storage."""

import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

from activities.media.editor import FfmpegEditor
from activities.media.port import Checking, Composition
from activities.media.probe import readable
from activities.storage.folder import FolderStorage
from schema.failure import Fault, Trouble
from schema.formats.format_file import FormatFile
from starter.items.copying import Copying, Stopped

MOST_CLIPS = 24
STILL_HERE_S = 5.0
"""Between two lines about the same file."""
JUNK = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "$recycle.bin", "__macosx", "@eadir"))
"""What systems leave in folders by themselves, besides names that begin with a dot; passed over."""


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
    storage: FolderStorage,
    item_id: str,
    material: Material,
    chosen: FormatFile,
    tell: Callable[[str], None],
    stop: Event,
) -> dict[str, Any]:
    """Check what was brought and copy it into storage; return the fields of an `ItemRequest` that name it.

    Raises `Trouble`: `bad_footage` or `bad_input` for whatever the composer could not use, `disk_full` before anything
    is copied where there is no room. Nothing is copied before everything was checked, and whatever ends it, `Stopped`
    once `stop` is set among that, nothing that was copied stays.
    """
    clips = clips_of(material.clips) if material.clips else []
    extras = {
        name: _file(path)
        for name in ("intro", "outro", "watermark")
        if (path := getattr(material, name)) is not None
    }
    files = {f"own-{number:02d}": clip for number, clip in enumerate(clips, 1)} | extras
    if not files:
        return {"footage": ()}
    copying = Copying(storage, item_id, files, tell, stop)
    copying.require_disk_space()
    _check(_composition(clips, extras, chosen), chosen, extras, tell, stop)
    copied = copying.copy()
    footage = tuple(copied[name] for name in files if name not in extras)
    return {f"{name}_key": copied[name].key for name in extras} | {"footage": footage}


def _composition(clips: list[Path], extras: dict[str, Path], chosen: FormatFile) -> Composition:
    return Composition(
        clips=tuple(clips),
        recipe=chosen.composition.recipe,
        width_px=chosen.composition.width_px,
        height_px=chosen.composition.height_px,
        **extras,  # pyright: ignore[reportArgumentType] - three of its fields, by name
    )


def _check(
    composition: Composition,
    chosen: FormatFile,
    extras: dict[str, Path],
    tell: Callable[[str], None],
    stop: Event,
) -> None:
    """Check the material with the composer, and show progress; unbought scenes count for the length."""
    scenes = chosen.scenes
    bought = timedelta(0) if composition.clips else (scenes.count or 1) * scenes.ordered_duration
    roles = {path: f"the {name}" for name, path in extras.items()}
    first = 1 if "intro" in extras else 0
    began: dict[int, float] = {}
    told_at = 0.0

    def report(checking: Checking) -> None:
        nonlocal told_at
        if stop.is_set():
            raise Stopped
        now = time.monotonic()
        begun = began.setdefault(checking.number, now)
        if begun != now and now - told_at < STILL_HERE_S:
            return
        told_at = now
        place = f"clip {checking.number - first} of {len(composition.clips)}"
        since = f" ({now - begun:.0f} s)" if begun != now else ""
        tell(f"checking {roles.get(checking.file, place)}: {readable(checking.file.name)}{since}")

    editor = FfmpegEditor()
    try:
        editor.check(composition, report, besides=bought)
    finally:
        editor.close()


def _file(path: Path) -> Path:
    if not path.is_file():
        raise Trouble(Fault.BAD_FOOTAGE, f"there is no file {readable(str(path))!r}; give one of your own")
    return path


def clips_of(folder: Path) -> list[Path]:
    """Return the files of a folder as a person counts; raises `Trouble` (`bad_footage`) where it is no use."""
    name = readable(str(folder))
    if folder.is_file():
        raise Trouble(
            Fault.BAD_FOOTAGE, f"{name!r} is a file; give the folder it lies in, all of which is used"
        )
    if not folder.is_dir():
        raise Trouble(Fault.BAD_FOOTAGE, f"there is no folder {name!r}; give one with your video files")
    try:
        found = sorted((path for path in folder.iterdir() if not _is_junk(path)), key=_as_counted)
    except PermissionError:
        raise Trouble(
            Fault.BAD_FOOTAGE, f"the folder {name!r} may not be read; allow it and try again"
        ) from None
    if not found:
        raise Trouble(Fault.BAD_FOOTAGE, f"the folder {name!r} is empty; put your video files into it")
    if odd := next((path for path in found if not path.is_file()), None):
        raise Trouble(
            Fault.BAD_FOOTAGE, f"{readable(odd.name)!r} is no file; leave only video files in {name!r}"
        )
    if len(found) > MOST_CLIPS:
        raise Trouble(Fault.BAD_FOOTAGE, f"{len(found)} clips are too many; an item takes {MOST_CLIPS}")
    return found


def _is_junk(path: Path) -> bool:
    return path.name.startswith(".") or path.name.casefold() in JUNK


def _as_counted(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Return what sorts names as people do: numbers by their value, letters whatever their case."""
    text = unicodedata.normalize("NFC", readable(path.name)).casefold()
    parts = re.split(r"([0-9]+)", text)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts], path.name
