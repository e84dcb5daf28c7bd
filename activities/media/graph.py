"""Describes filter graphs; the only module that knows ffmpeg-python.

Streams are opaque to everyone else. ffmpeg-python writes the graph and escapes what must be escaped; our own runner
executes it (media.md section 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ffmpeg as _untyped  # pyright: ignore[reportMissingTypeStubs]

_ffmpeg: Any = _untyped
if not hasattr(_ffmpeg, "merge_outputs"):
    raise ImportError("another package has written over ffmpeg-python: uninstall typed-ffmpeg and ffmpeg")

Stream = Any
"""One stream of ffmpeg-python, on its way through a graph. Each may be used once."""


class _OwnInput(_ffmpeg.nodes.InputNode):  # pyright: ignore[reportUntypedBaseClass]
    """An input that equals itself alone.

    ffmpeg-python takes nodes with equal options for one node: two silences of one length, or one clip given twice,
    would be a single source with two readers, which no graph allows. A chain's identity begins with its source, so
    it is enough that no two sources are equal.
    """

    __hash__ = object.__hash__
    __eq__ = object.__eq__


_BT709 = {"range": "tv", "color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
_GUARDED = {"protocol_whitelist": "file,pipe"}


@dataclass(frozen=True)
class Source:
    """One file to read, by its plain name in the working folder."""

    name: str
    demuxer: str
    """The only one that may read it, as the probe found it: content is never guessed a second time."""


def _input(name: str, **options: Any) -> Stream:
    """Return one more input, equal to no other."""
    return _OwnInput("input", kwargs={"filename": name, **options}).stream()


def open_source(source: Source, *, sound_only: bool = False, start_s: float = 0) -> Stream:
    """Open a clip, from `start_s` on; `sound_only` where its picture is not wanted, so that it is not decoded."""
    options: dict[str, Any] = {"format": source.demuxer, "format_whitelist": f"{source.demuxer},mov,matroska"}
    if start_s:
        options["ss"] = f"{start_s:.6f}"
    if sound_only:
        options["vn"] = None
    return _input(source.name, threads=1, **options, **_GUARDED)


def open_list(name: str) -> Stream:
    """Open a list that we wrote ourselves over files just looked at."""
    return _input(name, format="concat", format_whitelist="concat,mov", an=None, **_GUARDED)


def open_picture(name: str) -> Stream:
    """Open a PNG as one frame, which whatever it is laid on repeats."""
    return _input(name, format="png_pipe", format_whitelist="png_pipe", framerate=30, **_GUARDED)


def picture_of(opened: Stream) -> Stream:
    """Return the first picture stream that is no cover image."""
    return opened["V:0"]


def sound_of(opened: Stream) -> Stream:
    """Return the first sound stream."""
    return opened["a:0"]


@dataclass(frozen=True)
class Frame:
    """What every picture of a cut is brought to."""

    width_px: int
    height_px: int
    rate: Fraction


@dataclass(frozen=True)
class Needs:
    """What one clip's picture needs on its way to the frame."""

    frames: int
    """Exactly as many come out."""
    hold: bool
    """It may be too short, and its last frame is then repeated."""
    square: bool
    """Its pixels are square."""
    hdr: bool
    """It is PQ or HLG, and is mapped down."""
    bt709: bool
    """Its matrix is ours already: to convert it costs a third of an encode."""
    sized: bool
    """It has the frame's size already."""


def fit_picture(stream: Stream, frame: Frame, needs: Needs) -> Stream:
    """Bring a clip's picture to the frame: rate, size (filled, the rest cut off), colour and length."""
    # The rate comes first, so that frames nobody will see are not scaled.
    stream = stream.filter("fps", fps=str(frame.rate), start_time=0)
    if needs.hdr:
        stream = stream.filter("zscale", t="linear", npl=100).filter("format", "gbrpf32le")
        stream = stream.filter("zscale", p="bt709").filter("tonemap", "hable", desat=0)
        stream = stream.filter("zscale", t="bt709", m="bt709", r="tv").filter("format", "yuv420p")
    if not needs.square:
        stream = stream.filter("scale", w="trunc(iw*sar/2)*2", h="ih").filter("setsar", 1)
    options: dict[str, Any] = {"out_color_matrix": "bt709", "out_range": "tv", "flags": "bicubic"}
    if needs.bt709 or needs.hdr:
        options["in_color_matrix"] = "bt709"
    if not needs.sized:
        options |= {"w": frame.width_px, "h": frame.height_px, "force_original_aspect_ratio": "increase"}
    stream = stream.filter("scale", **options)
    if not needs.sized:
        stream = stream.filter("crop", frame.width_px, frame.height_px)
    stream = stream.filter("setsar", 1).filter("format", "yuv420p").filter("settb", "AVTB")
    if needs.hold:
        stream = stream.filter("tpad", stop=-1, stop_mode="clone")
    stream = stream.filter("trim", end_frame=needs.frames).filter("setpts", "PTS-STARTPTS")
    return stream.filter("setparams", **_BT709)


def fit_sound(stream: Stream, *, samples: int, sample_rate_hz: int) -> Stream:
    """Bring a clip's sound to float stereo at one rate, from the clip's first moment, exactly `samples` long."""
    stream = stream.filter("aresample", sample_rate_hz, **{"async": 1}, first_pts=0)
    stream = stream.filter("aformat", sample_fmts="fltp", channel_layouts="stereo")
    stream = stream.filter("apad").filter("atrim", end_sample=samples)
    return stream.filter("asetpts", "PTS-STARTPTS")


def silence(*, samples: int, sample_rate_hz: int) -> Stream:
    """Return sound that is not there, for a clip without any."""
    source = _input(f"anullsrc=channel_layout=stereo:sample_rate={sample_rate_hz}", format="lavfi")
    return source.filter("aformat", sample_fmts="fltp").filter("atrim", end_sample=samples)


def join_sound(parts: Sequence[Stream], *, skip_samples: int) -> Stream:
    """Join sounds in order, and leave out the first `skip_samples`."""
    joined = _ffmpeg.concat(*parts, n=len(parts), v=0, a=1) if len(parts) > 1 else parts[0]
    return joined.filter("atrim", start_sample=skip_samples).filter("asetpts", "PTS-STARTPTS")


def join_pictures(parts: Sequence[Stream]) -> Stream:
    """Join pictures in order."""
    return _ffmpeg.concat(*parts, n=len(parts), v=1, a=0) if len(parts) > 1 else parts[0]


def lay_over(base: Stream, logo: Stream, *, right_px: int, top_px: int) -> Stream:
    """Lay a picture with transparency over another, that far from its right and top edges."""
    logo = logo.filter("scale", out_color_matrix="bt709", out_range="tv").filter("format", "yuva420p")
    laid = _ffmpeg.overlay(base, logo, x=f"W-w-{right_px}", y=top_px, format="yuv420", eof_action="repeat")
    return laid.filter("format", "yuv420p").filter("setparams", **_BT709)


def as_still(stream: Stream) -> Stream:
    """Turn frames into what JPEG means by colour: BT.601, full range."""
    # By way of RGB: straight into full-range YUV the scaler keeps the matrix it came with.
    stream = stream.filter("scale", flags="accurate_rnd+full_chroma_int").filter("format", "gbrp")
    return stream.filter("scale", out_color_matrix="bt601", out_range="full").filter("format", "yuvj420p")


def amplify(stream: Stream, gain_db: float) -> Stream:
    """Change the volume by the same amount throughout."""
    return stream.filter("volume", f"{gain_db:.3f}dB", precision="float")


def limit(stream: Stream, ceiling_db: float) -> Stream:
    """Hold back every sample above `ceiling_db`, looking ahead, in time with the picture."""
    share = f"{10 ** (ceiling_db / 20):.6f}"
    return stream.filter("alimiter", limit=share, attack=5, release=50, level=0, latency=1)


def measure(stream: Stream, *, into: str, true_peak: bool) -> list[str]:
    """Return the arguments that measure a sound by EBU R 128, its figures written into the file `into`.

    Without `true_peak` the highest sample is told instead, at two thirds of the cost.
    """
    padded = stream.filter("apad", pad_dur="0.1")  # the meter tells of whole tenths of a second only
    metered = padded.filter("ebur128", metadata=1, peak="true" if true_peak else "sample", framelog="quiet")
    told = metered.filter("ametadata", "print", file=into)
    return _ffmpeg.get_args(_ffmpeg.output(told, "-", f="null"))


def write(streams: Sequence[Stream], options: Sequence[str], to: str) -> list[str]:
    """Return the arguments that write `streams` to the file `to` with an output's `options`, in their order."""
    *before, last = _ffmpeg.get_args(_ffmpeg.output(*streams, to))
    return [*before, *options, last]
