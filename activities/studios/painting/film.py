"""Films what a painter makes: frames in on a pipe, one conforming clip out."""

import ctypes
import signal
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from activities.media.binary import ffmpeg_path
from activities.media.profile import AUDIO_ARGS, CONTAINER_ARGS, PICTURE_FILTER, SAMPLE_RATE_HZ, VIDEO_ARGS
from activities.studios.painting.camera import Camera
from activities.studios.painting.order import FRAME_RATE, Order

WIDTH_PX = 720
HEIGHT_PX = 1280
"""The size everything is painted at; other sizes are cut from the middle and scaled."""

MARK_WORDS = "stand-in · painted offline"
"""Painted into every picture and written into every file: nobody should take these clips for bought ones."""

_QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-y")
_PR_SET_PDEATHSIG = 1


class FilmTorn(Exception):
    """ffmpeg gave up; the words are its own."""


def film(
    order: Order,
    frames: Iterator[NDArray[np.uint8]],
    sound: NDArray[np.float32],
    mark: Image.Image,
    camera: Camera,
    to: Path,
) -> None:
    """Encode painted frames (720x1280 RGB) and sound (samples x 2, -1 to 1) as the clip that was ordered.

    `mark` is laid on last, unmoved by the camera. Raises `FilmTorn` where ffmpeg fails.
    """
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f"{to.stem}.part.") as scratch:
        wav, png = Path(scratch) / "sound.wav", Path(scratch) / "mark.png"
        _write_wav(sound, wav)
        mark.save(png)
        _encode(_clip_args(order, wav, png, camera, to), frames)


def _clip_args(order: Order, wav: Path, png: Path, camera: Camera, to: Path) -> list[str]:
    width, height = order.size_px
    shaped = (
        ""
        if (width, height) == (WIDTH_PX, HEIGHT_PX)
        else (f",scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}")
    )
    graph = (
        f"[0:v]{PICTURE_FILTER},{camera.filter(order.frames)}{shaped}[moved];"
        f"[2:v]loop=-1:1:0,setpts=N/({FRAME_RATE}*TB)[mark];"
        f"[moved][mark]overlay=shortest=1,{PICTURE_FILTER}[v]"
    )
    return [
        *(
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-s",
            f"{WIDTH_PX}x{HEIGHT_PX}",
            "-r",
            str(FRAME_RATE),
            "-i",
            "pipe:0",
        ),
        *("-i", str(wav), "-framerate", str(FRAME_RATE), "-i", str(png)),
        *("-filter_complex_threads", "1", "-filter_complex", graph, "-map", "[v]", "-map", "1:a"),
        *("-frames:v", str(order.frames), "-t", str(order.duration)),
        *VIDEO_ARGS,
        *AUDIO_ARGS,
        *CONTAINER_ARGS,
        *("-metadata", f"comment={MARK_WORDS}", str(to)),
    ]


def write_instant_clip(to: Path) -> None:
    """Write the one clip that `--instant` hands out: five seconds of dusk with a low hum, valid and small."""
    part = to.with_name(f"{to.stem}.part.mp4")
    picture = (
        f"gradients=s={WIDTH_PX}x{HEIGHT_PX}:r={FRAME_RATE}:d=5:seed=7:speed=0.005:c0=0x1c2338:c1=0xd98e5f"
    )
    hum = f"sine=frequency=110:sample_rate={SAMPLE_RATE_HZ}:duration=5,volume=-18dB,aformat=channel_layouts=stereo"
    arguments = [
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", hum, "-vf", PICTURE_FILTER, "-t", "5"),
        *VIDEO_ARGS,
        *AUDIO_ARGS,
        *CONTAINER_ARGS,
        *("-metadata", f"comment={MARK_WORDS}", str(part)),
    ]
    _encode(arguments, iter(()))
    part.replace(to)


def _encode(arguments: list[str], frames: Iterator[NDArray[np.uint8]]) -> None:
    """Run ffmpeg on frames; it ends when this process ends, by signal on Linux and by its empty pipe elsewhere."""
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [str(ffmpeg_path()), *_QUIET, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=words,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
        assert process.stdin is not None
        try:
            for frame in frames:
                process.stdin.write(frame.data)
            process.stdin.close()
            code = process.wait()
        except BrokenPipeError:
            code = process.wait() or 1
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if code != 0:
            words.seek(0)
            raise FilmTorn(
                f"ffmpeg ended with {code}: {words.read()[-2_000:].decode(errors='replace').strip()}"
            )


def die_with_parent() -> None:
    """Ask Linux to kill this process when the one that started it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _write_wav(sound: NDArray[np.float32], to: Path) -> None:
    with wave.open(str(to), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())
