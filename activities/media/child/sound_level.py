"""Decodes and measures the sound of a file, inside a child of the guard."""

import contextlib
from typing import Any, cast

from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.container.input import InputContainer
from av.error import FFmpegError
from av.filter.graph import Graph

from activities.media.child.frames import UnusableFile, until_broken

_PACKETS_TRIED = 200
"""Of a sound, before it counts as one that cannot be decoded."""


def first_sound(container: InputContainer, place: int) -> tuple[AudioFrame | None, bool]:
    """Return the first frame of a sound, None where it cannot be decoded, and whether there is anything to decode."""
    stream = container.streams.audio[place]
    readable = cast("AudioCodecContext | None", stream.codec_context) is not None
    tried = 0
    for packet in until_broken(container, stream):
        tried += bool(packet.size)
        with contextlib.suppress(FFmpegError):
            for frame in packet.decode() if readable else ():
                if frame.samples:
                    return frame, True
        if tried > _PACKETS_TRIED:
            break
    return None, tried > 0


def heard_until(container: InputContainer, place: int) -> tuple[float, str]:
    """Return when the last decodable sound ends, by the file's clock, and what changes before."""
    end_s = 0.0
    first: tuple[int, str] | None = None
    changes = ""
    if place >= len(container.streams.audio):
        return end_s, changes
    for packet in until_broken(container, container.streams.audio[place]):
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        for frame in frames:
            start_s = end_s if frame.time is None else frame.time
            end_s = max(end_s, start_s + frame.samples / frame.sample_rate)
            form = (frame.sample_rate, frame.layout.name)
            first = first or form
            if form != first:
                changes = f"its sound ({first[1]} at {first[0]} Hz, later {form[1]} at {form[0]} Hz)"
    return end_s, changes


def loudness(container: InputContainer) -> dict[str, Any]:
    """Measure the finished sound by EBU R 128: integrated loudness in LUFS, true peak as a share of full scale."""
    if not container.streams.audio:
        raise UnusableFile("no_sound")
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
