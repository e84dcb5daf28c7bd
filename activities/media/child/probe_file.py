"""Looks at files with PyAV. Runs only inside a child of the guard; plain data in, plain data out.

`answer` gets `{"files": [...], "decode": bool, "loudness": bool, "longest_s": float}` and prints one JSON list, one
entry a file: `{"refused": code, "detail": text}` or the fields of `footage.Footage`. It imports nothing of ours but
what stands beside it for the same purpose, and no pydantic, so that the guard stays small.
"""

import hashlib
import json
import os
import sys
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from activities.media.boxes import index_facts
from activities.media.child.frames import Times, UnusableFile, decoded, is_cover
from activities.media.child.sound_level import first_sound, heard_until, loudness
from activities.media.file_type import kind_of
from activities.media.png import flaw_of

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,png_pipe,jpeg_pipe,webp_pipe,image2"
"""What may be opened at all: without this list a local playlist opens other local files (media.md 7.2)."""
PICTURES = ("png_pipe", "jpeg_pipe", "webp_pipe", "image2")
STREAMS_OF_A_KIND = 4
MAX_PIXELS = 33_000_000


def answer(wish: dict[str, Any]) -> int:
    """Look at each file, print what was found, and return the exit code."""
    found: list[dict[str, Any]] = []
    for path in wish["files"]:
        try:
            found.append(_look_at_png(path) if wish.get("png") else _look(path, wish))
        except UnusableFile as refusal:
            found.append({"refused": refusal.code, "detail": refusal.detail})
        except (FFmpegError, MemoryError, ValueError, OverflowError) as error:
            found.append({"refused": "unreadable", "detail": getattr(error, "strerror", None) or str(error)})
        except OSError as error:
            found.append({"refused": "no_access", "detail": error.strerror or str(error)})
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    return 0


def _look_at_png(path: str) -> dict[str, Any]:
    """Read a watermark whole: its chunks by their checksums, then its pixels."""
    if flaw := flaw_of(path):
        raise UnusableFile("no_png", flaw)
    with _opened(path) as container:
        video = container.streams.video[0]
        width, height = video.codec_context.width, video.codec_context.height
        if not width or not height or width * height > MAX_PIXELS:
            raise UnusableFile("too_large", f"{width}x{height}")
        if not any(True for _ in container.decode(video)):
            raise UnusableFile("no_png", "has no pixels that can be read")
    return {"width_px": width, "height_px": height}


def _look(path: str, wish: dict[str, Any]) -> dict[str, Any]:
    if kind := kind_of(path):
        raise UnusableFile("disguised" if ", " in kind else "other_container", kind)
    with _opened(path) as container:
        facts = _facts(container, path, wish["longest_s"])
    if wish.get("decode"):
        with _opened(path) as container:
            facts |= decoded(container, facts, wish["longest_s"])
        with _opened(path) as container:  # anew: a file cut short may have no index to seek by
            heard_s, changes = heard_until(container, facts.get("audio_index", 0))
        facts["decoded_end_s"] = max(facts["decoded_end_s"], heard_s - facts["origin_s"])
        facts["changes"] = facts["changes"] or changes
    if wish.get("loudness"):
        with _opened(path) as container:
            facts |= loudness(container)
    return facts


def _opened(path: str) -> InputContainer:
    options = {"protocol_whitelist": "file,pipe", "format_whitelist": FORMATS}
    return av.open(path, options=options, metadata_errors="ignore")


def _facts(container: InputContainer, path: str, longest_s: float) -> dict[str, Any]:
    """Read the headers, the times of all packets and the first frame; decode no more."""
    name = container.format.name
    video = _picture(container)
    stated = container.duration / av.time_base if container.duration else 0.0
    if stated > longest_s:
        raise UnusableFile("too_long", f"{stated:.0f}")
    codec = video.codec_context
    times = Times(container, video, longest_s)
    return {
        "container": name.split(",")[0],
        "picture_file": name in PICTURES,
        "size_bytes": os.stat(path).st_size,
        "stated_s": stated,
        "stated_picture_s": float((video.duration or 0) * (video.time_base or 0)),
        "origin_s": (container.start_time or 0) / av.time_base,
        "time_base": str(video.time_base),
        "width_px": codec.width,
        "height_px": codec.height,
        "aspect": str(video.sample_aspect_ratio or 1),
        "video_codec": codec.name,
        "video_profile": codec.profile or "",
        "setup_sha256": hashlib.sha256(codec.extradata or b"").hexdigest(),
        **times.facts(),
        **_sound_facts(container, path),
        **(index_facts(path) if name.startswith("mov") else {}),
    }


def _picture(container: InputContainer) -> VideoStream:
    videos = [stream for stream in container.streams.video if not is_cover(stream)]
    if not videos:
        raise UnusableFile("sound_only" if container.streams.audio else "no_picture")
    if max(len(videos), len(container.streams.audio)) > STREAMS_OF_A_KIND:
        raise UnusableFile("many_streams", str(max(len(videos), len(container.streams.audio))))
    codec: Any = videos[0].codec_context
    if codec is None:  # the stubs forget that PyAV says so of a codec it has no decoder for
        raise UnusableFile("unknown_codec")
    if not codec.width or not codec.height:
        raise UnusableFile("no_size")
    if codec.width * codec.height > MAX_PIXELS:
        raise UnusableFile("too_large", f"{codec.width}x{codec.height}")
    return videos[0]


def _sound_facts(container: InputContainer, path: str) -> dict[str, Any]:
    """Describe the first sound that can be decoded; a file that has none that can be is refused."""
    sounds: list[AudioStream] = list(container.streams.audio)
    unread = False
    for place, stream in enumerate(sounds):
        with _opened(path) as again:
            frame, exists = first_sound(again, place)
        unread = unread or exists
        if frame is not None:
            return {
                "audio_codec": stream.codec_context.name,
                "audio_profile": stream.codec_context.profile or "",
                "audio_index": place,
                "audio_layout": frame.layout.name,
                "sample_rate_hz": frame.sample_rate,
                "channels": frame.layout.nb_channels,
            }
    if unread:
        raise UnusableFile("unknown_sound")
    return {}
