"""Reads the times of a picture's packets and decodes its frames, inside a child of the guard."""

import contextlib
import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_FASTEST = 240
"""Frames a second beyond which nothing is read on."""
USUAL_RATES = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")
)


class UnusableFile(Exception):
    """A file that is no usable footage; the code is one of those `probe.py` has words for."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def is_cover(stream: VideoStream) -> bool:
    """Return whether a picture is only a cover image."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def until_broken(container: InputContainer, stream: VideoStream | AudioStream) -> "Iterator[Packet[Any]]":
    """Yield packets up to the end, or to where a file that was cut short cannot be read any further."""
    with contextlib.suppress(FFmpegError):
        yield from container.demux(stream)


class Times:
    """What the packets of a picture stream say about its time, and its first frame about all else."""

    def __init__(self, container: InputContainer, video: VideoStream, longest_s: float) -> None:
        self._video = video
        self._base = video.time_base or Fraction(1, 90_000)
        self._first: VideoFrame | None = None
        most = int(longest_s * _FASTEST)
        self._read = [
            (packet.pts, packet.duration or 0, packet.is_keyframe, packet.is_discard)
            for packet in itertools.islice(self._until_seen(container), most + 1)
            if packet.pts is not None
        ]
        if len(self._read) > most:
            raise UnusableFile("too_long", f"{len(self._read)} frames, {longest_s:.0f}")

    def _until_seen(self, container: InputContainer) -> "Iterator[Packet[Any]]":
        """Yield all packets, and decode them until there is a frame."""
        for packet in until_broken(container, self._video):
            yield packet
            if self._first is None:
                with contextlib.suppress(FFmpegError):
                    self._first = next(iter(packet.decode()), None)

    def facts(self) -> dict[str, Any]:
        """Return the fields of `footage.Footage` that they make."""
        first = self._first
        begin = first.pts if first is not None and first.pts is not None else None
        shown = sorted(
            (pts, duration)
            for pts, duration, _, hidden in self._read
            if not hidden and (begin is None or pts >= begin)
        )
        stamps = [pts for pts, _ in shown]
        steps = [after - before for before, after in itertools.pairwise(stamps)]
        constant = bool(steps) and max(steps) - min(steps) <= 1 and min(steps) > 0
        rate = self._video.average_rate or self._video.guessed_rate or Fraction(0)
        if constant:
            rate = 1 / (Fraction(stamps[-1] - stamps[0], len(steps)) * self._base)
        elif steps and stamps[-1] > stamps[0]:
            rate = Fraction(len(steps), stamps[-1] - stamps[0]) / self._base
        rate = _snapped(rate)
        length_s = _length(shown, steps) * self._base
        if constant and rate:
            length_s = len(stamps) / rate
        whole = sorted((pts, duration) for pts, duration, _, _ in self._read)
        return {
            "duration_s": float(length_s),
            "coded_s": float(max(length_s, _length(whole, steps) * self._base)),
            "frames": len(stamps),
            "rate": str(rate),
            "constant_rate": constant,
            "starts_with_key": bool(self._read) and self._read[0][2],
            "start_s": float(stamps[0] * self._base) if stamps else 0.0,
            "hidden_frames": len(self._read) - len(stamps),
        } | _seen(first, self._video)


def _length(shown: list[tuple[int, int]], steps: list[int]) -> int:
    """Return the ticks that frames last; the last one as it says, or as the others."""
    if not shown:
        return 0
    last = shown[-1][1] or (round(sum(steps) / len(steps)) if steps else 0)
    return shown[-1][0] - shown[0][0] + last


def _seen(frame: VideoFrame | None, video: VideoStream) -> dict[str, Any]:
    """Return what a decoded frame says of itself, which is what filters will go by."""
    if frame is None:
        return {
            "shown_px": [video.codec_context.width, video.codec_context.height],
            "interlaced": False,
            "pixel_format": "",
            "colour": [2, 2, 2, 0],
        }
    sideways = abs(frame.rotation) % 180 == 90
    return {
        "shown_px": [frame.height, frame.width] if sideways else [frame.width, frame.height],
        "interlaced": bool(frame.interlaced_frame),
        "pixel_format": frame.format.name,
        "colour": [
            int(frame.color_primaries),
            int(frame.color_trc),
            int(frame.colorspace),
            int(frame.color_range),
        ],
    }


def _snapped(rate: Fraction) -> Fraction:
    """Return the usual rate that `rate` is within a part in a thousand of; containers round their times."""
    near = [usual for usual in USUAL_RATES if abs(rate - usual) / usual < Fraction(1, 2500)]
    return near[0] if near else rate.limit_denominator(1001)


def decoded(container: InputContainer, facts: dict[str, Any], longest_s: float) -> dict[str, Any]:
    """Decode all frames once and count them; a file cut short decodes only up to the cut."""
    video = next(stream for stream in container.streams.video if not is_cover(stream))
    video.thread_type = "AUTO"
    video.codec_context.thread_count = 2
    frames = damaged = 0
    first: tuple[int, int, str, int, int] | None = None
    changes = ""
    for packet in until_broken(container, video):
        try:
            for frame in packet.decode():
                frames += 1
                damaged += frame.is_corrupt
                form = (
                    frame.width,
                    frame.height,
                    frame.format.name,
                    int(frame.colorspace),
                    int(frame.color_range),
                )
                first = first or form
                if form != first and not changes:
                    changes = _change(first, form)
        except FFmpegError:
            damaged += 1
        if frames > longest_s * _FASTEST:
            raise UnusableFile("too_long", f"{frames} frames, {longest_s:.0f}")
    return {
        "decoded_frames": frames,
        "damaged_frames": damaged,
        "decoded_end_s": facts["start_s"] + facts["coded_s"] - facts["origin_s"],
        "changes": changes,
    }


def _change(first: tuple[int, int, str, int, int], then: tuple[int, int, str, int, int]) -> str:
    if first[:2] != then[:2]:
        return f"its size ({first[0]}x{first[1]}, later {then[0]}x{then[1]})"
    return f"its colours ({first[2]}, later {then[2]})" if first[2] != then[2] else "its colours"
