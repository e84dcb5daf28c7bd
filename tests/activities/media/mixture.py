"""Clips that differ in everything a camera can differ in, chosen so that any two of their traits meet.

Each clip shows four quadrants (red, green, blue and grey as seen by a person), a square in the middle whose brightness
changes with every frame and is white for a tenth of a second, and a low tone with a beep at that very moment.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.activities.media.footage import ffmpeg

SECONDS = 1.2
FLASH_S = (0.4, 0.5)
QUADRANTS = ((200, 30, 30), (30, 180, 30)), ((30, 30, 200), (150, 150, 150))

CODECS = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-bf", "2"),
    "hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "12"),
    "prores": ("-c:v", "prores_ks", "-profile:v", "2"),
    "mjpeg": ("-c:v", "mjpeg", "-q:v", "2"),
    "mpeg4": ("-c:v", "mpeg4", "-q:v", "2"),
    "ffv1": ("-c:v", "ffv1"),
    "vp8": ("-c:v", "libvpx", "-b:v", "4M", "-deadline", "realtime", "-cpu-used", "8"),
    "vp9": ("-c:v", "libvpx-vp9", "-crf", "12", "-b:v", "0", "-deadline", "realtime", "-cpu-used", "8"),
    "av1": ("-c:v", "libaom-av1", "-crf", "20", "-usage", "realtime", "-cpu-used", "8"),
}
HELD = {
    "mp4": ("h264", "hevc", "mpeg4", "av1"),
    "mov": ("h264", "hevc", "prores", "mjpeg"),
    "mkv": ("h264", "hevc", "vp9", "ffv1"),
    "webm": ("vp8", "vp9", "av1"),
}
"""What each container is tried with."""
TRAITS: dict[str, tuple[str, ...]] = {
    "container": tuple(HELD),
    "codec": tuple(CODECS),
    "turned": ("0", "90", "180", "270"),
    "rate": ("15", "24", "25", "30000/1001", "30", "60", "uneven"),
    "range": ("tv", "pc"),
    "hdr": ("none", "hlg", "pq", "hlg half tagged", "pq half tagged", "p3"),
    "sound": ("none", "mono", "stereo", "5.1", "nine", "late"),
    "sound_rate": ("8000", "22050", "44100", "48000", "96000"),
    "size": ("128x72", "72x128", "128x128", "130x98", "192x64"),
}
_DEEP = ("hevc", "prores", "ffv1", "vp9", "av1")
_NAMED = {("mp4", "hevc"): ("-tag:v", "hvc1"), ("mov", "hevc"): ("-tag:v", "hvc1")}
_PIXELS = {"prores": "yuv422p10le"}


@dataclass(frozen=True)
class Traits:
    """One clip, by its traits."""

    container: str
    codec: str
    turned: str
    rate: str
    range: str
    hdr: str
    sound: str
    sound_rate: str
    size: str

    @property
    def is_possible(self) -> bool:
        """Whether there are such files: some containers and codecs cannot hold everything."""
        return (
            self.codec in HELD[self.container]
            and (self.turned == "0" or self.container in ("mp4", "mov"))
            and (self.hdr == "none" or self.codec in _DEEP)
            and (self.range == "tv" or self.codec not in ("prores", "vp8"))
            and (self.range == "pc" or self.codec != "mjpeg")
            and (self.range == "tv" or self.hdr == "none")
            and (self.container != "webm" or self.sound_rate == "48000")
            and (self.sound != "nine" or self.container == "mov")
            and (self.rate != "uneven" or self.codec != "mpeg4")
        )

    @property
    def step_s(self) -> float:
        """The longest that one frame lasts."""
        return 3 / 30 if self.rate == "uneven" else float(1 / Fraction(self.rate))


Together = frozenset[tuple[str, str]]
"""Traits of one clip, by name."""


def covering(seed: int, together: int) -> list[Traits]:
    """Return few clips in which every trait occurs, with `together=2` every possible pair of them."""
    chance = random.Random(seed)
    missing = {
        frozenset(zip(names, values, strict=True))
        for names in itertools.combinations(TRAITS, together)
        for values in itertools.product(*(TRAITS[name] for name in names))
    }
    chosen: list[Traits] = []
    while True:
        tried = [clip for clip in _drawn(chance, missing) if clip.is_possible]
        best = max(tried, key=lambda clip: len(_shown_by(clip, together) & missing), default=None)
        if best is None or not _shown_by(best, together) & missing:
            return chosen
        missing -= _shown_by(best, together)
        chosen.append(best)


def _drawn(chance: random.Random, missing: set[Together]) -> Iterator[Traits]:
    for wanted in sorted(missing, key=sorted):
        for _ in range(4):
            traits = {name: chance.choice(TRAITS[name]) for name in TRAITS} | dict(wanted)
            yield Traits(**traits)


def _shown_by(clip: Traits, together: int) -> set[Together]:
    traits = [(name, getattr(clip, name)) for name in TRAITS]
    return {frozenset(some) for some in itertools.combinations(traits, together)}


def make(clip: Traits, to: Path) -> Path:
    """Make the clip."""
    times = _times(clip)
    width, height = map(int, clip.size.split("x"))
    turns = int(clip.turned) // 90
    if turns % 2:
        width, height = height, width
    shown = [_frame(number, time_s, width, height) for number, time_s in enumerate(times)]
    frames = np.stack([np.rot90(frame, -turns) for frame in shown])
    raw = to.with_suffix(".rgb")
    raw.write_bytes(np.ascontiguousarray(frames).tobytes())
    rate = "30" if clip.rate == "uneven" else clip.rate
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{frames.shape[2]}x{frames.shape[1]}"]
    plain = to.with_name(f"plain-{to.name}") if turns else to
    stamps = f"setpts='({'+'.join(f'eq(N,{n})*{time_s:.6f}' for n, time_s in enumerate(times))})/TB',"
    ffmpeg(
        *source,
        *("-r", rate, "-i", raw, *_sound(clip, to.with_suffix(".pcm"))),
        *("-vf", (stamps if clip.rate == "uneven" else "") + _colours(clip)),
        *(("-fps_mode", "vfr", "-enc_time_base:v", "1/600") if clip.rate == "uneven" else ()),
        *(
            *CODECS[clip.codec],
            *_NAMED.get((clip.container, clip.codec), ()),
            "-g",
            "12",
            *_tags(clip),
            plain,
        ),
    )
    if turns:
        ffmpeg("-display_rotation:v:0", clip.turned, "-i", plain, "-c", "copy", to)
    return to


def _times(clip: Traits) -> list[float]:
    """When each frame is shown."""
    if clip.rate != "uneven":
        return [n / float(Fraction(clip.rate)) for n in range(round(SECONDS * Fraction(clip.rate)))]
    return [n / 30 for n in range(36) if n < 9 or n % 3 == 0 or n == 35]


def _frame(number: int, time_s: float, width: int, height: int) -> NDArray[np.uint8]:
    frame = np.zeros((height, width, 3), np.uint8)
    for row, column in itertools.product((0, 1), (0, 1)):
        rows = slice(0, height // 2) if row == 0 else slice(height // 2, height)
        columns = slice(0, width // 2) if column == 0 else slice(width // 2, width)
        frame[rows, columns] = QUADRANTS[row][column]
    half = min(width * 2, height, 2 * height * 9 // 16) // 6
    flash = FLASH_S[0] - 1e-6 <= time_s < FLASH_S[1] - 1e-6
    grey = 250 if flash else 20 + number * 47 % 120
    middle = (height // 2, width // 2)
    frame[middle[0] - half : middle[0] + half, middle[1] - half : middle[1] + half] = grey
    return frame


def _sound(clip: Traits, to: Path) -> list[str]:
    """The options of its sound, written beside it as raw samples."""
    if clip.sound == "none":
        return ["-an"]
    rate = int(clip.sound_rate)
    late_s = 0.25 if clip.sound == "late" else 0.0
    at = np.arange(round(late_s * rate), round(SECONDS * rate)) / rate
    sound = 0.03 * np.sin(2 * np.pi * 300 * at)
    sound += 0.5 * np.sin(2 * np.pi * 1000 * at) * ((at >= FLASH_S[0]) & (at < FLASH_S[1]))
    count = {"mono": 1, "5.1": 6, "nine": 9}.get(clip.sound, 2)
    to.write_bytes(np.repeat(sound[:, None] / max(1, count / 2), count, axis=1).astype("<f4").tobytes())
    layout = ("-channel_layout", clip.sound) if clip.sound == "5.1" else ("-ac", count)
    coded = {"webm": ["-c:a", "libopus"], "mov": ["-c:a", "pcm_s16le"], "mkv": ["-c:a", "flac"]}
    chosen = coded.get(clip.container, ["-c:a", "aac", "-b:a", "256k"])
    delay = ["-itsoffset", str(late_s)] if late_s else []
    return [*delay, "-f", "f32le", "-ar", str(rate), *map(str, layout), "-i", str(to), *chosen]


def _colours(clip: Traits) -> str:
    """The filters that bring RGB to what the clip's tags will say."""
    deep = clip.codec == "prores" or clip.hdr != "none"
    pixels = (
        _PIXELS.get(clip.codec, "yuv420p10le") if deep else "yuvj420p" if clip.codec == "mjpeg" else "yuv420p"
    )
    if clip.codec == "vp8":  # has no tags, and is BT.601 by its own rules
        return f"scale=out_color_matrix=bt601:out_range=tv,format={pixels}"
    if clip.hdr == "none":
        return f"scale=out_color_matrix=bt709:out_range={clip.range},format={pixels},{_declared(clip)}"
    primaries, transfer, matrix = _meaning(clip)
    return (
        "format=gbrp,setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr,zscale=t=linear:npl=100,"
        f"format=gbrpf32le,zscale=p={primaries}:t={transfer}:m={matrix}:r=tv:npl=100,format={pixels},{_declared(clip)}"
    )


def _meaning(clip: Traits) -> tuple[str, str, str]:
    if clip.hdr == "p3":
        return "smpte432", "bt709", "bt709"
    return "bt2020", "arib-std-b67" if clip.hdr.startswith("hlg") else "smpte2084", "bt2020nc"


def _declared(clip: Traits) -> str:
    primaries, transfer, matrix = _meaning(clip) if clip.hdr != "none" else ("bt709", "bt709", "bt709")
    if "half" in clip.hdr:
        primaries = matrix = "unknown"
    return (
        f"setparams=range={clip.range}:color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}"
    )


def _tags(clip: Traits) -> list[str]:
    primaries, transfer, matrix = _meaning(clip) if clip.hdr != "none" else ("bt709", "bt709", "bt709")
    tags = ["-color_range", clip.range, "-color_trc", transfer]
    inner = [f"transfer={transfer}"]
    if clip.codec == "vp8":
        return []
    if "half" not in clip.hdr:
        tags += ["-color_primaries", primaries, "-colorspace", matrix]
        inner += [f"colorprim={primaries}", f"colormatrix={matrix}"]
    if clip.codec == "hevc":
        span = "full" if clip.range == "pc" else "limited"
        return [*tags, "-x265-params", ":".join(["log-level=none", f"range={span}", *inner])]
    return tags
