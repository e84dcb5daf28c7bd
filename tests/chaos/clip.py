"""The one clip that the fake studio delivers: it conforms, so that a cut costs little."""

import subprocess
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from activities.media.binary import ffmpeg_path
from activities.media.profile import AUDIO_ARGS, CONTAINER_ARGS, PICTURE_FILTER, video_args

LENGTH = timedelta(seconds=5)
RATE = Fraction(24)


def make_clip(to: Path) -> Path:
    """Write five seconds of a still with noise, 720x1280, about 200 kB; blocks for a second."""
    picture = ("-f", "lavfi", "-i", f"color=c=0x335577:s=720x1280:r={RATE}")
    sound = ("-f", "lavfi", "-i", "anoisesrc=a=0.1:c=pink:seed=1")
    coded = ("-vf", PICTURE_FILTER, *video_args(RATE), *AUDIO_ARGS, *CONTAINER_ARGS)
    command = [
        str(ffmpeg_path()),
        "-v",
        "error",
        "-y",
        *picture,
        *sound,
        "-t",
        str(LENGTH.seconds),
        *coded,
        str(to),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return to
