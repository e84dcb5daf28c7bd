"""Looks at files through the guard, and says no in words a person can act on."""

import json
import math
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from activities.media.footage import Footage
from activities.media.guard import MIB, Guard, Limits
from activities.media.port import ClipFacts
from schema.failure import Fault, Trouble

LONGEST_CLIP = timedelta(minutes=15)
"""Reels take 15 minutes, the most of all platforms (media.md section 5)."""
SMALLEST_SIDE_PX = 16
LARGEST_SIDE_PX = 4096
FASTEST_RATE = 120
MISSING_SHARE = 0.1
"""A clip of which more than this cannot be decoded is cut short (media.md 7.5)."""

_LOOK = Limits(wall=timedelta(minutes=1), cpu=timedelta(seconds=60), memory_bytes=1024 * MIB, file_bytes=MIB)
_DECODE = Limits(
    wall=timedelta(minutes=20), cpu=timedelta(minutes=30), memory_bytes=2048 * MIB, file_bytes=MIB
)

_AGAIN = "export or download it again"
_EXPORT = "export it as MP4 (H.264) and bring that"
_REFUSALS = {
    "disguised": "is {detail}, not a video: bring the video file itself",
    "no_picture": f"has no picture: {_EXPORT}",
    "many_streams": "has {detail} streams of one kind, and 4 are the most: export it with one picture and one sound",
    "unknown_codec": f"is in a codec nobody here can read: {_EXPORT}",
    "no_size": f"has a picture without size: {_EXPORT}",
    "too_large": "is {detail} pixels, which is more than we decode: export it at 4096 a side or less",
    "too_long": f"is longer than {LONGEST_CLIP.seconds // 60} minutes ({{detail}} s): cut it first",
    "unreadable": f"cannot be read as MP4, MOV, MKV or WebM ({{detail}}): it may be cut short; {_AGAIN}",
    "no_sound": f"has no sound to measure: {_AGAIN}",
}


class Probe:
    """Looks at footage in guarded children."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def look(self, *clips: Path) -> list[Footage]:
        """Return the facts of each clip without decoding it.

        Raises `Trouble` BAD_FOOTAGE, naming the file, for the first that cannot be used.
        """
        found = self._ask(clips, {}, _LOOK)
        for clip, footage in zip(clips, found, strict=True):
            check_clip(clip, footage)
        return found

    def look_at_picture(self, picture: Path) -> Footage:
        """Return the facts of a watermark. Raises `Trouble` BAD_FOOTAGE where it is no PNG."""
        (found,) = self._ask([picture], {}, _LOOK)
        if found.video_codec != "png":
            raise _refusal(picture, f"is {found.video_codec}, and a watermark is a PNG: save it as one")
        return found

    def measure(self, finished: Path) -> Footage:
        """Return the facts of a finished file, its loudness and true peak among them."""
        return self._ask([finished], {"loudness": True}, _LOOK)[0]

    def decode(self, clip: Path) -> Footage:
        """Decode a clip once in full. Raises `Trouble` BAD_FOOTAGE for what is hostile, empty or cut short."""
        (found,) = self._ask([clip], {"decode": True}, _DECODE)
        check_clip(clip, found)
        _check_decoded(clip, found)
        return found

    def _ask(self, files: Sequence[Path], wish: dict[str, Any], limits: Limits) -> list[Footage]:
        for file in files:
            if not file.is_file():
                raise _refusal(file, "is not there or is no file: check the path")
        printed = bytearray()
        look = wish | {
            "files": [str(file.absolute()) for file in files],
            "longest_s": LONGEST_CLIP.total_seconds(),
        }
        ending = self._guard.run({"look": look}, limits, printed.extend)
        if ending.code != 0:
            if len(files) > 1:  # one of them ended the child: alone, each answers for itself
                return [self._ask([file], wish, limits)[0] for file in files]
            raise _refusal(
                files[0], f"took more memory or time to look at than a clip may ({ending.stderr!r}): {_AGAIN}"
            )
        return [_understood(file, told) for file, told in zip(files, json.loads(bytes(printed)), strict=True)]


def clip_facts(footage: Footage) -> ClipFacts:
    """Return the public facts of a clip."""
    width_px, height_px = footage.shown_px or (footage.width_px, footage.height_px)
    return ClipFacts(
        duration=timedelta(seconds=footage.duration_s),
        width_px=width_px,
        height_px=height_px,
        frame_rate=float(footage.rate),
        video_codec=footage.video_codec,
        audio_codec=footage.audio_codec,
        has_sound=footage.audio_codec is not None,
    )


def decibels(share: float) -> float:
    """Return a share of full scale in dB; silence is -120, since no figure is lower on 16 bits and then some."""
    return 20 * math.log10(share) if share > 1e-6 else -120.0


def check_clip(clip: Path, footage: Footage) -> None:
    """Refuse what no composition can use: pictures, nothing to see, out of all bounds."""
    sides = (footage.width_px, footage.height_px)
    size = f"{sides[0]}x{sides[1]}"
    if footage.picture_file:
        raise _refusal(clip, "is a picture, not a video: bring a video file")
    if footage.frames == 0 or footage.duration_s <= 0:
        raise _refusal(clip, f"has no frames: {_AGAIN}")
    if min(sides) < SMALLEST_SIDE_PX:
        raise _refusal(clip, f"is {size} pixels, and {SMALLEST_SIDE_PX} a side are the least: {_AGAIN}")
    if max(sides) > LARGEST_SIDE_PX:
        raise _refusal(
            clip, f"is {size} pixels, and {LARGEST_SIDE_PX} a side are the most: export it smaller"
        )
    if footage.duration_s > LONGEST_CLIP.total_seconds():
        raise _refusal(clip, _REFUSALS["too_long"].format(detail=f"{footage.duration_s:.0f}"))
    if footage.rate > FASTEST_RATE:
        raise _refusal(
            clip, f"has {float(footage.rate):.0f} frames a second, and 120 are the most: export it with 60"
        )


def _check_decoded(clip: Path, footage: Footage) -> None:
    decoded = footage.decoded_frames or 0
    if decoded == 0:
        raise _refusal(clip, f"has no frame that can be decoded: {_AGAIN}")
    found_s = max(footage.duration_s, footage.decoded_audio_s)
    # Packets may not decode; or they are not there, and only the header still tells of them.
    parts = [
        (decoded - footage.damaged_frames, footage.frames - footage.hidden_frames),
        (footage.duration_s, footage.stated_picture_s),
        (found_s, footage.stated_s),
    ]
    missing = max(1 - max(0.0, found) / stated for found, stated in parts if stated > 0)
    if missing > MISSING_SHARE:
        raise _refusal(clip, f"is cut short or damaged ({missing:.0%} of it is missing): {_AGAIN}")


def _understood(file: Path, told: dict[str, Any]) -> Footage:
    if "refused" in told:
        raise _refusal(file, _REFUSALS[told["refused"]].format(detail=told["detail"]))
    return Footage.model_validate(told)


def _refusal(file: Path, why: str) -> Trouble:
    return Trouble(Fault.BAD_FOOTAGE, f"{file.name!r} {why}")
