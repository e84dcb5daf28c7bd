"""What a delivered file looks like, as argv fragments for encoders.

Everything here is section 5 of the media reference (`media.md`). A clip encoded with
`VIDEO_ARGS`, `AUDIO_ARGS` and `CONTAINER_ARGS`, after `PICTURE_FILTER`, can be joined to others of its kind without
encoding its picture again.
"""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from activities.media.footage import Footage

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

SEGMENT_ARGS: tuple[str, ...] = (
    *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
    *("-f", "mp4"),
)
"""The container of one encoded clip on its way into a cut; with an edit list, by which its times are read rightly."""


def copy_args(frame_rate: Fraction) -> tuple[str, ...]:
    """Return the options that copy an encoded picture.

    Where a file has no edit list, ffmpeg guesses how far decoding runs ahead, and does not look at the last two
    frames for it: a frame may then be shown before it is decoded, and its time is "corrected" by a tick. Decoding
    two frames earlier leaves nothing to correct.
    """
    return ("-c:v", "copy", "-bsf:v", f"setts=pts=PTS:dts=DTS-{float(2 / frame_rate):.6f}/TB")


def conforms(clip: Footage, width_px: int, height_px: int) -> bool:
    """Return whether a clip's picture is what we would deliver, so that it can be copied as it is."""
    return (
        (clip.container, clip.video_codec, clip.video_profile) == ("mov", "h264", "High")
        and (clip.width_px, clip.height_px) == (width_px, height_px)
        and clip.pixel_format == "yuv420p"
        and clip.aspect == 1
        and clip.upright
        and clip.colour.is_delivered
        and clip.constant_rate
        and LOWEST_RATE <= clip.rate <= HIGHEST_RATE
        and clip.starts_with_key
        and clip.start_s == 0
        and clip.hidden_frames == 0
        and not clip.interlaced
    )


def can_be_joined(clips: Sequence[Footage]) -> bool:
    """Return whether clips that conform also agree, so that one decoder set-up shows all of them."""
    return len({(clip.setup_sha256, clip.time_base, clip.rate) for clip in clips}) == 1


def common_rate(clips: Sequence[Footage]) -> Fraction:
    """Return the clips' own frame rate where all agree, it is constant and platforms take it, else 30."""
    rates = {clip.rate if clip.constant_rate else None for clip in clips}
    rate = rates.pop() if len(rates) == 1 else None
    return rate if rate is not None and LOWEST_RATE <= rate <= HIGHEST_RATE else USUAL_RATE


def flaws(finished: Footage, width_px: int, height_px: int) -> list[str]:
    """Return what keeps a finished file from being deliverable, in words; nothing for a good one."""
    checks = {
        "its picture is not as planned (H.264 High, size, bt709, constant rate)": conforms(
            finished, width_px, height_px
        ),
        "its index does not come first": finished.index_first,
        "it has an edit list": not finished.edit_list,
        "its sound is not AAC-LC at 48 kHz in stereo": (
            (finished.audio_codec, finished.audio_profile) == ("aac", "LC")
            and (finished.sample_rate_hz, finished.channels) == (SAMPLE_RATE_HZ, 2)
        ),
    }
    return [flaw for flaw, passed in checks.items() if not passed]
