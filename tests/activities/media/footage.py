"""Footage made on the spot, and a probe that shares no code with ours."""

import itertools
import re
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from activities.media.binary import ffmpeg_path
from activities.media.profile import AUDIO_ARGS, CONTAINER_ARGS, PICTURE_FILTER, video_args

RATE_HZ = 48_000


def ffmpeg(*args: str | Path) -> str:
    """Run the packaged ffmpeg by hand, and return what it said."""
    argv = [str(ffmpeg_path()), "-nostdin", "-hide_banner", "-nostats", "-y", *map(str, args)]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=120).stderr


@dataclass(frozen=True)
class Measured:
    """What PyAV and ffmpeg's own meter say of a finished file."""

    width_px: int
    height_px: int
    codec: str
    profile: str
    pixel_format: str
    colour: tuple[int, int, int, int]
    rate: Fraction
    steps: set[int]
    """Distances between frames, in ticks: one for a constant rate."""
    frames: int
    picture_s: float
    sound_s: float
    audio_codec: str
    sample_rate_hz: int
    channels: int
    loudness_lufs: float
    true_peak_dbtp: float
    boxes: tuple[bytes, ...]
    """The top-level boxes in order."""
    edit_list: bool
    title: str
    tags: dict[str, str]


class Footage:
    """Makes clips at the first wish for each, and remembers them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def clip(
        self,
        name: str,
        *,
        size: str = "180x320",
        rate: str = "24",
        seconds: float = 2,
        picture: str = "testsrc2",
        sound: str | None = "anoisesrc=a=0.1:c=pink:seed=1",
        conforming: bool = True,
        extra: tuple[str, ...] = (),
    ) -> Path:
        """A clip of a test pattern; `conforming` as the delivery profile wants it, else as `extra` says."""
        to = self.folder / name
        if to.exists():
            return to
        inputs = ["-f", "lavfi", "-i", f"{picture}{',' if '=' in picture else '='}s={size}:r={rate}"]
        if "=" in picture:
            inputs = ["-f", "lavfi", "-i", f"{picture}:s={size}:r={rate}"]
        if sound is not None:
            inputs += ["-f", "lavfi", "-i", sound]
        coded = (
            ("-vf", PICTURE_FILTER, *video_args(Fraction(rate)), *AUDIO_ARGS, *CONTAINER_ARGS)
            if conforming
            else ()
        )
        ffmpeg(*inputs, "-t", str(seconds), *coded, *extra, to)
        return to

    def with_sound(self, name: str, samples: NDArray[np.float64], *, rate_hz: int = RATE_HZ) -> Path:
        """A conforming clip with exactly these samples, -1 to 1; losslessly, so that they stay what they are."""
        to = self.folder / name
        if to.exists():
            return to
        sound = to.with_suffix(".wav")
        with wave.open(str(sound), "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        picture = ("-f", "lavfi", "-i", "testsrc2=s=180x320:r=24")
        coded = (*video_args(Fraction(24)), *CONTAINER_ARGS, "-c:a", "alac")
        ffmpeg(*picture, "-i", sound, "-t", str(len(samples) / rate_hz), "-vf", PICTURE_FILTER, *coded, to)
        return to


def look(video: Path) -> Measured:
    """Probe a finished file by other means than ours."""
    said = ffmpeg("-i", video, "-vn", "-af", "ebur128=framelog=quiet:peak=true", "-f", "null", "-")
    summary = said[said.rindex("Summary:") :]
    loudness = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    assert loudness is not None
    assert peak is not None
    content = video.read_bytes()
    with av.open(str(video)) as container:
        tags = dict(container.metadata)
        picture, sound = container.streams.video[0], container.streams.audio[0]
        stamps = sorted(packet.pts for packet in container.demux(picture) if packet.pts is not None)
        steps = {after - before for before, after in itertools.pairwise(stamps)}
        codec, heard = picture.codec_context, sound.codec_context
        assert picture.time_base is not None
        assert sound.time_base is not None
        return Measured(
            width_px=codec.width,
            height_px=codec.height,
            codec=codec.name,
            profile=codec.profile or "",
            pixel_format=codec.pix_fmt or "",
            colour=(codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range),
            rate=Fraction(picture.average_rate or 0),
            steps=steps,
            frames=len(stamps),
            picture_s=float((stamps[-1] + max(steps) - stamps[0]) * picture.time_base),
            sound_s=float((sound.duration or 0) * sound.time_base),
            audio_codec=f"{heard.name} {heard.profile}",
            sample_rate_hz=heard.sample_rate,
            channels=heard.channels,
            loudness_lufs=float(loudness[1]),
            true_peak_dbtp=float(peak[1]),
            boxes=tuple(_top_boxes(content)),
            edit_list=b"elst" in content[: content.index(b"mdat")],
            title=tags.pop("title", ""),
            tags=tags,
        )


def _top_boxes(content: bytes) -> Iterator[bytes]:
    place = 0
    while place + 8 <= len(content):
        yield content[place + 4 : place + 8]
        place += int.from_bytes(content[place : place + 4], "big")


def frame_at(video: Path, seconds: float) -> NDArray[np.uint8]:
    """Decode the first frame at or after a moment, as it is shown, in RGB."""
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if frame.time >= seconds - 1e-6:
                return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    raise AssertionError(f"{video} has no frame at {seconds} s")


def samples_of(video: Path) -> NDArray[np.float64]:
    """Decode all sound, in time with the file's own clock, first channel."""
    with av.open(str(video)) as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(parts).astype(np.float64)
