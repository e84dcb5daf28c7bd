"""Films what a painter makes: frames in on a pipe, one conforming clip out."""

import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from activities.media.profile import AUDIO_ARGS, CONTAINER_ARGS, PICTURE_FILTER, SAMPLE_RATE_HZ, VIDEO_ARGS
from activities.offline.painting.camera import Camera
from activities.offline.painting.encoder import MARK_WORDS, encode
from activities.offline.painting.order import FRAME_RATE, PaintingOrder

WIDTH_PX = 720
HEIGHT_PX = 1280
"""The size everything is painted at; other sizes are cut from the middle and scaled."""


def film(
    order: PaintingOrder,
    frames: Iterator[NDArray[np.uint8]],
    sound: NDArray[np.float32],
    mark: Image.Image,
    camera: Camera,
    to: Path,
) -> None:
    """Encode painted frames (720x1280 RGB) and sound (samples x 2, -1 to 1) as the clip that was ordered.

    `mark` is laid on last, unmoved by the camera. Raises `encoder.FilmTorn` where ffmpeg fails.
    """
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f"{to.stem}.part.") as scratch:
        wav, png = Path(scratch) / "sound.wav", Path(scratch) / "mark.png"
        _write_wav(sound, wav)
        mark.save(png)
        encode(_clip_args(order, wav, png, camera, to), (frame.data for frame in frames))


def _clip_args(order: PaintingOrder, wav: Path, png: Path, camera: Camera, to: Path) -> list[str]:
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


def _write_wav(sound: NDArray[np.float32], to: Path) -> None:
    with wave.open(str(to), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())
