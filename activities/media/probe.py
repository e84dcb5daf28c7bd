"""Looks at files through the guard, and says no in words a person can act on."""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from activities.media.footage import Footage
from activities.media.guard_client import MIB, RESIDENT_BYTES, ChildLimits, GuardClient, JobEnding
from activities.media.port import ClipFacts
from schema.failure import Fault, Trouble

LONGEST_CLIP = timedelta(minutes=15)
"""Reels take 15 minutes, the most of all platforms (media.md section 5)."""
SHORTEST_CLIP = timedelta(milliseconds=200)
"""Less is a slip of the hand: it is too short to be seen."""
FEWEST_FRAMES = 2
SMALLEST_SIDE_PX = 64
"""Less cannot be made out on a phone, and becomes a few blots in a picture of 720 by 1280."""
LARGEST_SIDE_PX = 4096
FASTEST_RATE = 120
MISSING_SHARE = 0.1
"""A clip of which more than this cannot be decoded is cut short (media.md 7.5)."""

_LOOK = ChildLimits(wall=timedelta(minutes=5), cpu=timedelta(minutes=5), file_bytes=MIB)
_DECODE = ChildLimits(wall=timedelta(minutes=20), cpu=timedelta(minutes=30), file_bytes=MIB)

AGAIN = "export or download it again"
EXPORT = "export it as MP4 (H.264) and bring that"
_REFUSALS = {
    "disguised": "is {detail}: bring the video file itself",
    "other_container": f"is {{detail}}, and only MP4, MOV, MKV and WebM are taken: {EXPORT}",
    "no_picture": f"has no picture: {EXPORT}",
    "sound_only": "has sound only: bring a video file",
    "many_streams": "has {detail} streams of one kind, and 4 are the most: export it with one picture and one sound",
    "unknown_codec": f"is in a codec that cannot be read here: {EXPORT}",
    "unknown_sound": f"has sound in a codec that cannot be read here: {EXPORT}",
    "no_size": f"has a picture without size: {EXPORT}",
    "too_large": "is {detail} pixels, which is more than we decode: export it at 4096 a side or less",
    "too_long": f"is longer than {LONGEST_CLIP.seconds // 60} minutes ({{detail}} s): cut it first",
    "unreadable": f"cannot be read as MP4, MOV, MKV or WebM ({{detail}}): it may be cut short; {AGAIN}",
    "no_access": "may not be read ({detail}): allow it and try again",
    "no_sound": f"has no sound to measure: {AGAIN}",
    "no_png": "{detail}; a watermark is a PNG with transparency: save it as one again",
}

Names = Mapping[Path, str]
"""What a person calls a file that lies here under a name of ours."""


class Probe:
    """Looks at footage in guarded children. Each refusal is `Trouble` BAD_FOOTAGE and names the file."""

    def __init__(self, guard: GuardClient) -> None:
        self._guard = guard

    def look(self, clips: Sequence[Path], names: Names) -> list[Footage]:
        """Return the facts of each clip; refuse the first that cannot be used. Only first frames are decoded."""
        found = [Footage.model_validate(told) for told in self._ask(clips, {}, _LOOK, names)]
        for clip, footage in zip(clips, found, strict=True):
            check_clip(name_of(clip, names), footage)
        return found

    def look_at_png(self, picture: Path, names: Names) -> tuple[int, int]:
        """Read a watermark whole and return its width and height; refuse what is no sound PNG."""
        (told,) = self._ask([picture], {"png": True}, _LOOK, names)
        return told["width_px"], told["height_px"]

    def measure(self, finished: Path) -> Footage:
        """Return the facts of a finished file, its loudness and true peak among them."""
        # It may be a little longer than planned, and is then checked as such.
        wish = {"loudness": True, "longest_s": LONGEST_CLIP.total_seconds() + 5}
        return Footage.model_validate(self._ask([finished], wish, _LOOK, {})[0])

    def decode(self, clip: Path, names: Names, on_tick: Callable[[], None] = lambda: None) -> Footage:
        """Decode a clip once in full; refuse what is hostile, empty, cut short or becomes another on its way."""
        (told,) = self._ask([clip], {"decode": True}, _DECODE, names, on_tick)
        found = Footage.model_validate(told)
        name = name_of(clip, names)
        check_clip(name, found)
        _check_decoded(name, found)
        return found

    def _ask(
        self,
        files: Sequence[Path],
        wish: dict[str, Any],
        limits: ChildLimits,
        names: Names,
        on_tick: Callable[[], None] = lambda: None,
    ) -> list[dict[str, Any]]:
        for file in files:
            if not file.is_file():
                raise refusal(name_of(file, names), "is not there or is no file: check the path")
        printed = bytearray()
        look = {
            "files": [str(file.absolute()) for file in files],
            "longest_s": LONGEST_CLIP.total_seconds(),
        } | wish
        ending = self._guard.run({"look": look}, limits, printed.extend, on_tick)
        if ending.code != 0:
            if len(files) > 1:  # one of them ended the child: alone, each answers for itself
                return [self._ask([file], wish, limits, names, on_tick)[0] for file in files]
            raise refusal(name_of(files[0], names), _why_ended(ending))
        told: list[dict[str, Any]] = json.loads(bytes(printed))
        for file, one in zip(files, told, strict=True):
            if "refused" in one:
                raise refusal(name_of(file, names), _REFUSALS[one["refused"]].format(detail=one["detail"]))
        return told


def clip_facts(footage: Footage) -> ClipFacts:
    """Return the public facts of a clip."""
    return ClipFacts(
        duration=timedelta(seconds=footage.duration_s),
        width_px=footage.shown_px[0],
        height_px=footage.shown_px[1],
        frame_rate=float(footage.rate),
        video_codec=footage.video_codec,
        audio_codec=footage.audio_codec,
        has_sound=footage.audio_codec is not None,
    )


def decibels(share: float) -> float:
    """Return a share of full scale in dB; silence is -120, below what 16 bits can hold."""
    return 20 * math.log10(share) if share > 1e-6 else -120.0


def name_of(file: Path, names: Names) -> str:
    """Return a file's name for people; one that is no text is made readable and storable."""
    return names.get(file) or readable(file.name)


def readable(name: str) -> str:
    """Return a file's name as text that any store takes: bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def check_clip(name: str, footage: Footage) -> None:
    """Refuse what no composition can use: pictures, nothing to see, out of all bounds."""
    sides = (footage.width_px, footage.height_px)
    size = f"{sides[0]}x{sides[1]}"
    if footage.picture_file:
        raise refusal(name, "is a picture, not a video: bring a video file")
    if min(sides) < SMALLEST_SIDE_PX:
        raise refusal(
            name, f"is {size} pixels, and {SMALLEST_SIDE_PX} a side are the least: bring a larger one"
        )
    if max(sides) > LARGEST_SIDE_PX:
        raise refusal(name, f"is {size} pixels, and {LARGEST_SIDE_PX} a side are the most: export it smaller")
    if footage.frames == 0:
        raise refusal(name, f"has no frames: {AGAIN}")
    if footage.frames < FEWEST_FRAMES:
        raise refusal(name, "has a single frame, so it is a picture: bring a clip that moves")
    if footage.duration_s < SHORTEST_CLIP.total_seconds():
        raise refusal(
            name,
            f"lasts {footage.duration_s:.2f} s, and {SHORTEST_CLIP.total_seconds()} s are the least: leave it out",
        )
    if footage.duration_s > LONGEST_CLIP.total_seconds():
        raise refusal(name, _REFUSALS["too_long"].format(detail=f"{footage.duration_s:.0f}"))
    if footage.rate > FASTEST_RATE:
        raise refusal(
            name, f"has {float(footage.rate):.0f} frames a second, and 120 are the most: export it with 60"
        )


def _check_decoded(name: str, footage: Footage) -> None:
    decoded = footage.decoded_frames or 0
    if decoded == 0:
        raise refusal(name, f"has no frame that can be decoded: {AGAIN}")
    # Packets may not decode; or they are not there, and only the header still tells of them.
    parts = [
        (decoded - footage.damaged_frames, footage.frames),
        (footage.coded_s, footage.stated_picture_s),
        (footage.decoded_end_s, footage.stated_s),
    ]
    missing = max(1 - max(0.0, found) / stated for found, stated in parts if stated > 0)
    if missing > MISSING_SHARE:
        raise refusal(name, f"is cut short or damaged ({missing:.0%} of it is missing): {AGAIN}")
    if footage.changes:
        raise refusal(name, f"changes {footage.changes} on the way: export it as one MP4 (H.264)")


def _why_ended(ending: JobEnding) -> str:
    """Return why a look came to no end of its own."""
    if ending.too_large or "MemoryError" in ending.stderr:
        return (
            f"takes more memory to decode than the {RESIDENT_BYTES // MIB} MiB a clip may: export it smaller"
        )
    if ending.overdue or ending.code < 0:
        return f"took more time to look at than a clip may: {AGAIN}"
    return f"could not be looked at ({ending.stderr[-200:]!r}): {EXPORT}"


def refusal(name: str, why: str) -> Trouble:
    """Return the trouble with a file that cannot be used; `why` follows its name and ends with the remedy."""
    return Trouble(Fault.BAD_FOOTAGE, f"{name!r} {why}")
