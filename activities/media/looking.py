"""Looks at files with PyAV. Runs only inside a child of the guard; plain data in, plain data out.

`answer` gets `{"files": [...], "decode": bool, "loudness": bool, "longest_s": float}` and prints one JSON list, one
entry a file: `{"refused": code, "detail": text}` or the fields of `footage.Footage`. It imports nothing of ours, and
no pydantic, so that the guard stays small.
"""

import contextlib
import hashlib
import itertools
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.error import FFmpegError
from av.filter.graph import Graph
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from activities.media.boxes import index_facts

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,png_pipe,jpeg_pipe,webp_pipe,image2"
"""What may be opened at all: without this list a local playlist opens other local files (media.md 7.2)."""
PICTURES = ("png_pipe", "jpeg_pipe", "webp_pipe", "image2")
STREAMS_OF_A_KIND = 4
MAX_PIXELS = 33_000_000
PLAYLIST = "a playlist"
USUAL_RATES = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")
)


class Refused(Exception):
    """A file that is no usable footage; the code is one of those `probe.py` has words for."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def answer(wish: dict[str, Any]) -> int:
    """Look at each file, print what was found, and return the exit code."""
    found: list[dict[str, Any]] = []
    for path in wish["files"]:
        try:
            found.append(_look(path, wish))
        except Refused as refusal:
            found.append({"refused": refusal.code, "detail": refusal.detail})
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    return 0


def _look(path: str, wish: dict[str, Any]) -> dict[str, Any]:
    disguise = _disguise(path)
    if disguise:
        raise Refused("disguised", disguise)
    try:
        with _opened(path) as container:
            facts = _facts(container, path, wish["longest_s"])
        if wish.get("decode"):
            with _opened(path) as container:
                facts |= _decoded(container, facts, wish["longest_s"])
            with _opened(path) as container:  # anew: a file cut short may have no index to seek by
                facts["decoded_audio_s"] = _heard(container)
        if wish.get("loudness"):
            with _opened(path) as container:
                facts |= _loudness(container)
    except (FFmpegError, MemoryError, ValueError, OverflowError) as error:
        raise Refused("unreadable", getattr(error, "strerror", None) or str(error)) from error
    return facts


def _opened(path: str) -> InputContainer:
    options = {"protocol_whitelist": "file,pipe", "format_whitelist": FORMATS}
    return av.open(path, options=options, metadata_errors="ignore")


def _disguise(path: str) -> str:
    """Return what a file that only claims to be a video is, or nothing."""
    with open(path, "rb") as file:
        start = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return "an empty file"
    kinds = (
        (b"#EXTM3U", PLAYLIST),
        (b"ffconcat", PLAYLIST),
        (b"file ", PLAYLIST),
        (b"v=0", "a stream description"),
        (b"<", "a text document"),
    )
    for magic, kind in kinds:
        if start.startswith(magic):
            return PLAYLIST if b"<MPD" in start else kind
    return ""


def _facts(container: InputContainer, path: str, longest_s: float) -> dict[str, Any]:
    """Read the headers and the times of all frames, without decoding any."""
    name = container.format.name
    picture = name in PICTURES
    videos = [stream for stream in container.streams.video if not _is_cover(stream)]
    sounds = list(container.streams.audio)
    if not videos:
        raise Refused("no_picture")
    if len(videos) > STREAMS_OF_A_KIND or len(sounds) > STREAMS_OF_A_KIND:
        raise Refused("many_streams", str(max(len(videos), len(sounds))))
    video = videos[0]
    codec = cast("VideoCodecContext | None", video.codec_context)
    if codec is None:  # the stubs forget that PyAV says so of a codec it has no decoder for
        raise Refused("unknown_codec")
    width, height = codec.width, codec.height
    if not width or not height:
        raise Refused("no_size")
    if width * height > MAX_PIXELS:
        raise Refused("too_large", f"{width}x{height}")
    stated = container.duration / av.time_base if container.duration else 0.0
    if stated > longest_s:
        raise Refused("too_long", f"{stated:.0f}")
    times = _Times(container, video, longest_s)
    sound = sounds[0] if sounds else None
    index = index_facts(path) if name.startswith("mov") else {}
    return {
        "container": name.split(",")[0],
        "picture_file": picture,
        "stated_s": stated,
        "stated_picture_s": float((video.duration or 0) * (video.time_base or 0)),
        "duration_s": times.length_s,
        "frames": times.frames,
        "rate": str(times.rate),
        "constant_rate": times.constant,
        "starts_with_key": times.starts_with_key,
        "start_s": times.start_s,
        "hidden_frames": times.hidden,
        "time_base": str(video.time_base),
        "width_px": width,
        "height_px": height,
        "aspect": str(video.sample_aspect_ratio or 1),
        "video_codec": codec.name,
        "video_profile": codec.profile or "",
        "pixel_format": codec.pix_fmt or "",
        "colour": [codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range],
        "setup_sha256": hashlib.sha256(codec.extradata or b"").hexdigest(),
        "audio_codec": sound.codec_context.name if sound and sound.codec_context else None,
        "audio_profile": (sound.codec_context.profile or "") if sound and sound.codec_context else "",
        "sample_rate_hz": sound.codec_context.sample_rate if sound and sound.codec_context else 0,
        "channels": sound.codec_context.channels if sound and sound.codec_context else 0,
    } | index


class _Times:
    """What the packets of a picture stream say about its time."""

    def __init__(self, container: InputContainer, video: VideoStream, longest_s: float) -> None:
        base = video.time_base or Fraction(1, 90_000)
        most = int(longest_s * 240)
        packets = itertools.islice(_until_broken(container, video), most + 1)
        read = [
            (packet.pts, packet.duration or 0, packet.is_keyframe, packet.is_discard)
            for packet in packets
            if packet.pts is not None
        ]
        if len(read) > most:
            raise Refused("too_long", f"{len(read)} frames, {longest_s:.0f}")
        self.frames = len(read)
        self.starts_with_key = bool(read) and read[0][2]
        self.hidden = sum(discarded for _, _, _, discarded in read)
        stamps = sorted(pts for pts, _, _, _ in read)
        self.start_s = float(stamps[0] * base) if stamps else 0.0
        steps = [after - before for before, after in itertools.pairwise(stamps)]
        average = video.average_rate or video.guessed_rate or Fraction(0)
        self.constant = bool(steps) and max(steps) - min(steps) <= 1 and min(steps) > 0
        if self.constant:
            average = 1 / (Fraction(stamps[-1] - stamps[0], len(steps)) * base)
        self.rate = _snapped(average)
        last = read[-1][1] if read else 0
        if not last and steps:
            last = round(sum(steps) / len(steps))
        self.length_s = float((stamps[-1] - stamps[0] + last) * base) if stamps else 0.0
        if self.constant and self.rate:
            self.length_s = float(self.frames / self.rate)


def _until_broken(container: InputContainer, stream: VideoStream | AudioStream) -> "Iterator[Packet[Any]]":
    """Yield packets up to the end, or to where a file that was cut short cannot be read any further."""
    with contextlib.suppress(FFmpegError):
        yield from container.demux(stream)


def _snapped(rate: Fraction) -> Fraction:
    """Return the usual rate that `rate` is within a part in a thousand of; containers round their times."""
    near = [usual for usual in USUAL_RATES if abs(rate - usual) / usual < Fraction(1, 2500)]
    return near[0] if near else rate.limit_denominator(1001)


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def _decoded(container: InputContainer, facts: dict[str, Any], longest_s: float) -> dict[str, Any]:
    """Decode all frames once and count them; a file cut short decodes only up to the cut."""
    video = next(stream for stream in container.streams.video if not _is_cover(stream))
    video.thread_type = "AUTO"
    video.codec_context.thread_count = 2
    frames = damaged = 0
    shown = (facts["width_px"], facts["height_px"])
    for packet in _until_broken(container, video):
        try:
            for frame in packet.decode():
                if not frames and abs(frame.rotation) % 180 == 90:
                    shown = (shown[1], shown[0])
                frames += 1
                damaged += frame.is_corrupt
        except FFmpegError:
            damaged += 1
        if frames > longest_s * 240:
            raise Refused("too_long", f"{frames} frames, {longest_s:.0f}")
    return {
        "decoded_frames": frames,
        "damaged_frames": damaged,
        "shown_px": list(shown),
    }


def _heard(container: InputContainer) -> float:
    """Return how many seconds of sound can be decoded; 0 where there is none."""
    total = 0.0
    if not container.streams.audio:
        return total
    for packet in _until_broken(container, container.streams.audio[0]):
        try:
            total += sum(frame.samples / frame.sample_rate for frame in packet.decode())
        except FFmpegError:
            continue
    return total


def _loudness(container: InputContainer) -> dict[str, Any]:
    """Measure the finished sound by EBU R 128: integrated loudness in LUFS, true peak as a share of full scale."""
    if not container.streams.audio:
        raise Refused("no_sound")
    graph = Graph()
    source = graph.add_abuffer(template=container.streams.audio[0])
    # A tenth of a second more: the meter tells of whole tenths only, and the last sample may be the highest.
    padding = graph.add("apad", "pad_dur=0.1")
    meter = graph.add("ebur128", "metadata=1:peak=true")
    sink = graph.add("abuffersink")
    graph.link_nodes(source, padding, meter, sink)
    graph.configure()
    last: dict[str, str] = {}

    def take() -> None:
        while True:
            try:
                last.update(graph.pull().metadata)
            except (BlockingIOError, EOFError):
                return

    for frame in container.decode(audio=0):
        graph.push(frame)
        take()
    graph.push(None)
    take()
    return {
        "loudness_lufs": float(last.get("lavfi.r128.I", "-70")),
        "true_peak": float(last.get("lavfi.r128.true_peak", "0")),
    }
