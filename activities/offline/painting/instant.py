"""The one clip that `--instant` hands out, for tests and benchmarks: valid, conforming, and small."""

from pathlib import Path

from activities.media.profile import AUDIO_ARGS, CONTAINER_ARGS, PICTURE_FILTER, SAMPLE_RATE_HZ, VIDEO_ARGS
from activities.offline.painting.encoder import MARK_WORDS, encode
from activities.offline.painting.order import FRAME_RATE


def write_instant_clip(to: Path) -> None:
    """Write five seconds of dusk with a low hum, 720x1280; a half-made file never has the final name."""
    part = to.with_name(f"{to.stem}.part.mp4")
    sky = f"gradients=s=720x1280:r={FRAME_RATE}:seed=7:c0=0x1c2338:c1=0xd98e5f,loop=-1:1:0,setpts=N/({FRAME_RATE}*TB)"
    hum = f"sine=frequency=110:sample_rate={SAMPLE_RATE_HZ}:duration=5,volume=-18dB,aformat=channel_layouts=stereo"
    encode(
        [
            *("-f", "lavfi", "-i", sky, "-f", "lavfi", "-i", hum, "-vf", PICTURE_FILTER, "-t", "5"),
            *VIDEO_ARGS,
            *AUDIO_ARGS,
            *CONTAINER_ARGS,
            *("-metadata", f"comment={MARK_WORDS}", str(part)),
        ]
    )
    part.replace(to)
