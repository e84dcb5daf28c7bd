"""Describes filter graphs; the only module that knows ffmpeg-python.

Streams are opaque to everyone else. ffmpeg-python writes the graph and escapes what must be escaped; our own runner
executes it (media.md section 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ffmpeg as _untyped  # pyright: ignore[reportMissingTypeStubs]

from activities.media.footage import UNSPECIFIED, Colour

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


def open_sound(name: str) -> Stream:
    """Open a WAV that we wrote ourselves."""
    return _input(name, format="wav", format_whitelist="wav", **_GUARDED)


def open_picture(name: str) -> Stream:
    """Open a PNG as one frame, which whatever it is laid on repeats."""
    return _input(name, format="png_pipe", format_whitelist="png_pipe", framerate=30, **_GUARDED)


def picture_of(opened: Stream) -> Stream:
    """Return the first picture stream that is no cover image."""
    return opened["V:0"]


def sound_of(opened: Stream, place: int = 0) -> Stream:
    """Return a sound stream by its place among the sounds."""
    return opened[f"a:{place}"]


@dataclass(frozen=True)
class Frame:
    """What every picture of a cut is brought to."""

    width_px: int
    height_px: int
    rate: Fraction


@dataclass(frozen=True)
class Needs:
    """What one clip's picture needs on its way to the frame."""

    start_s: float
    """When its first frame is shown, on the file's own clock."""
    frames: int
    """Exactly as many come out."""
    spare: int
    """So often its last frame may be repeated to make up for what is missing."""
    colour: Colour
    """What its frames are, without gaps where it is `is_wide`."""


def fit_picture(stream: Stream, frame: Frame, needs: Needs) -> Stream:
    """Bring a clip's picture to the frame: rate, size (filled, the rest cut off), colour and length."""
    stream = stream.filter("setparams", **_named(needs.colour))
    # Only frames that say they are interlaced are changed; the others pass at no cost.
    stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    # The rate comes first, so that frames that are dropped are not scaled.
    stream = stream.filter("fps", fps=str(frame.rate), start_time=f"{needs.start_s:.6f}")
    # Cut before it is scaled: what is cut off costs nothing then, and a ribbon does not become a giant.
    shape = f"{frame.width_px}/{frame.height_px}"
    stream = stream.filter("crop", w=f"min(iw,ih*{shape}/sar)", h=f"min(ih,iw*sar/({shape}))")
    size: dict[str, Any] = {"w": frame.width_px, "h": frame.height_px, "flags": "bicubic"}
    if needs.colour.is_wide:
        # Mapped after it is scaled: floating point at the source's size costs four times as much.
        stream = stream.filter("scale", **size).filter("setsar", 1)
        stream = stream.filter("zscale", t="linear", npl=100).filter("format", "gbrpf32le")
        stream = stream.filter("zscale", p="bt709")
        if needs.colour.is_hdr:
            stream = stream.filter("tonemap", "hable", desat=0)
        stream = stream.filter("zscale", t="bt709", m="bt709", r="tv").filter("format", "yuv420p")
    else:
        stream = stream.filter("scale", **size, out_color_matrix="bt709", out_range="tv").filter("setsar", 1)
    stream = stream.filter("format", "yuv420p").filter("settb", "AVTB")
    stream = stream.filter("tpad", stop=needs.spare, stop_mode="clone")
    stream = stream.filter("trim", end_frame=needs.frames).filter("setpts", "PTS-STARTPTS")
    return stream.filter("setparams", **_BT709)


def _named(colour: Colour) -> dict[str, Any]:
    """Return a colour's tags as options of `setparams`, which takes numbers of H.273 too."""
    tags = {
        "color_primaries": colour.primaries,
        "color_trc": colour.transfer,
        "colorspace": colour.matrix,
        "range": colour.range,
    }
    return {name: tag for name, tag in tags.items() if (tag != UNSPECIFIED or name == "range") and tag != 0}


def fit_sound(
    stream: Stream, *, start_s: float, samples: int, sample_rate_hz: int, even_channels: int = 0
) -> Stream:
    """Bring a clip's sound to float stereo at one rate, from the clip's first moment, exactly `samples` long.

    `even_channels` is the number of channels where their places are unknown: both sides then hear all of them.
    """
    if even_channels:
        mix = "+".join(f"c{place}" for place in range(even_channels))
        stream = stream.filter("pan", f"stereo|c0<{mix}|c1<{mix}")
    first = round(start_s * sample_rate_hz)
    stream = stream.filter("aresample", sample_rate_hz, **{"async": 1}, first_pts=first)
    stream = stream.filter("aformat", sample_fmts="fltp", channel_layouts="stereo")
    stream = stream.filter("apad").filter("atrim", end_sample=samples)
    return stream.filter("asetpts", "PTS-STARTPTS")


def silence(*, samples: int, sample_rate_hz: int) -> Stream:
    """Return sound that is not there, for a clip without any."""
    source = _input(f"anullsrc=channel_layout=stereo:sample_rate={sample_rate_hz}", format="lavfi")
    return source.filter("aformat", sample_fmts="fltp").filter("atrim", end_sample=samples)


def join_sound(parts: Sequence[Stream]) -> Stream:
    """Join sounds in order."""
    return _ffmpeg.concat(*parts, n=len(parts), v=0, a=1) if len(parts) > 1 else parts[0]


def cut_sound(stream: Stream, *, first_sample: int, end_sample: int) -> Stream:
    """Keep what lies between two samples, the second left out."""
    kept = stream.filter("atrim", start_sample=first_sample, end_sample=end_sample)
    return kept.filter("asetpts", "PTS-STARTPTS")


def lay_over(base: Stream, logo: Stream, *, right_px: int, top_px: int) -> Stream:
    """Lay a picture with transparency over another, that far from its right and top edges."""
    logo = logo.filter("scale", out_color_matrix="bt709", out_range="tv").filter("format", "yuva420p")
    laid = _ffmpeg.overlay(base, logo, x=f"W-w-{right_px}", y=top_px, format="yuv420", eof_action="repeat")
    return laid.filter("format", "yuv420p").filter("setparams", **_BT709)


def widen(stream: Stream, *, left_px: int, top_px: int, width_px: int, height_px: int) -> Stream:
    """Put a picture into a larger one, the rest of which is black."""
    stream = stream.filter("pad", w=width_px, h=height_px, x=left_px, y=top_px)
    return stream.filter("setparams", **_BT709)


def cover(base: Stream, picture: Stream, *, left_px: int, top_px: int, rate: Fraction) -> Stream:
    """Cover a part of a picture with another one of as many frames."""
    # Counted anew: a microsecond between two last frames would make one frame more.
    base, picture = (
        stream.filter("settb", f"{rate.denominator}/{rate.numerator}").filter("setpts", "N")
        for stream in (base, picture)
    )
    covered = _ffmpeg.overlay(base, picture, x=left_px, y=top_px, format="yuv420", eof_action="repeat")
    return covered.filter("format", "yuv420p").filter("setparams", **_BT709)


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


def measure(stream: Stream, *, into: str, true_peak: bool, to: str | None = None) -> list[str]:
    """Return the arguments that measure a sound by EBU R 128, its figures written into the file `into`.

    Without `true_peak` the highest sample is told instead, at two thirds of the cost. With `to` the sound is kept
    there as WAV, a tenth of a second of silence after it.
    """
    padded = stream.filter("apad", pad_dur="0.1")  # the meter tells of whole tenths of a second only
    metered = padded.filter("ebur128", metadata=1, peak="true" if true_peak else "sample", framelog="quiet")
    told = metered.filter("ametadata", "print", file=into)
    if to is None:
        return _ffmpeg.get_args(_ffmpeg.output(told, "-", f="null"))
    return write([told], ("-c:a", "pcm_f32le", "-bitexact", "-rf64", "auto", "-f", "wav"), to)


def write(streams: Sequence[Stream], options: Sequence[str], to: str) -> list[str]:
    """Return the arguments that write `streams` to the file `to` with an output's `options`, in their order."""
    *before, last = _ffmpeg.get_args(_ffmpeg.output(*streams, to))
    return [*before, *options, last]
