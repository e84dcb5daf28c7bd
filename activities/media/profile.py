"""What a delivered file looks like, as argv fragments for whoever encodes one.

Everything here is section 5 of the media reference (`media.md`). A clip encoded with
`VIDEO_ARGS`, `AUDIO_ARGS` and `CONTAINER_ARGS`, after `PICTURE_FILTER`, can be joined to others of its kind without
encoding its picture again.
"""

from datetime import timedelta
from fractions import Fraction

KEYFRAMES_EVERY = timedelta(seconds=2)
"""Closed groups of pictures of two seconds: what all platforms ask for."""
LOWEST_RATE = Fraction(23)
HIGHEST_RATE = Fraction(60)
"""Frame rates that Reels and TikTok take."""
USUAL_RATE = Fraction(30)
"""The frame rate of a cut whose clips do not agree on one."""
SAMPLE_RATE_HZ = 48_000
AUDIO_BITRATE_BPS = 192_000
ENCODER_THREADS = 4
"""Fixed, since the number of threads changes the bytes; the default follows the machine's cores."""

PICTURE_FILTER = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic,format=yuv420p,setsar=1,"
    "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
)
"""Last filters of a picture made elsewhere (painted in RGB, say), so that its colours are what its tags say.

Without it ffmpeg turns RGB into BT.601 and the bt709 tags lie."""


def video_args(frame_rate: Fraction) -> tuple[str, ...]:
    """Return the options of one encoded picture stream at `frame_rate` frames a second.

    CRF 20 at `veryfast` has the best size for its cost; colour goes in through x264 itself, since the plain
    options are silently lost in some versions of ffmpeg (media.md section 2).
    """
    return (
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-level:v", "4.2"),
        *("-crf", "20", "-maxrate", "12M", "-bufsize", "24M", "-pix_fmt", "yuv420p", "-color_range", "tv"),
        *("-g", str(round(frame_rate * KEYFRAMES_EVERY.seconds)), "-threads:v", str(ENCODER_THREADS)),
        *("-x264-params", "open-gop=0:colorprim=bt709:transfer=bt709:colormatrix=bt709"),
    )


VIDEO_ARGS: tuple[str, ...] = video_args(Fraction(24))
"""The picture of a clip at 24 frames a second, as the offline studio makes it."""

AUDIO_ARGS: tuple[str, ...] = (
    *("-c:a", "aac", "-profile:a", "aac_low", "-b:a", str(AUDIO_BITRATE_BPS)),
    *("-ar", str(SAMPLE_RATE_HZ), "-ac", "2"),
)
"""AAC-LC, 48 kHz stereo."""

CONTAINER_ARGS: tuple[str, ...] = (
    *("-map_metadata", "-1", "-map_chapters", "-1"),
    *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
    *("-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0", "-f", "mp4"),
)
"""MP4 with its index first, without edit list, and without anything of its inputs or of the build.

Add `-metadata title=...` after it for what a file should say about itself."""
