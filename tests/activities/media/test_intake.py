"""What the door accepts composes rightly; what it does not is refused by the person's own name for it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from activities.media.editor import FfmpegEditor
from activities.media.footage import MIXABLE
from activities.media.port import Checking, Composition
from activities.media.runner import cause
from schema.failure import Fault, Trouble
from tests.activities.media.footage import RATE_HZ, Footage, ffmpeg, frame_at, look, samples_of

SIZE: dict[str, Any] = {"width_px": 180, "height_px": 320}
FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
PATTERN = ("-f", "lavfi", "-i", "testsrc2=s=180x320:r=30:d=2")
BEEP = "aevalsrc='0.3*sin(880*2*PI*t)*between(t,1.5,1.6)':s=48000:d=4"


def composed(editor: FfmpegEditor, clip: Path, tmp_path: Path) -> Path:
    """Bring a clip through the door and into a cut of its own."""
    plan = Composition(clips=(clip,), **SIZE)
    editor.check(plan)
    editor.compose(plan, tmp_path / "final.mp4")
    return tmp_path / "final.mp4"


def refusal(editor: FfmpegEditor, plan: Composition, fault: Fault = Fault.BAD_FOOTAGE) -> str:
    """Check what must be refused, and return the one line."""
    with pytest.raises(Trouble) as caught:
        editor.check(plan)
    assert caught.value.fault is fault
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_frames_that_an_edit_list_hides_are_not_counted(editor: FfmpegEditor, tmp_path: Path) -> None:
    long, trimmed = tmp_path / "long.mp4", tmp_path / "trimmed.mp4"
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=180x320:r=30:d=6",
        "-f",
        "lavfi",
        "-i",
        "sine=d=6",
        *FAST,
        "-g",
        "90",
        long,
    )
    ffmpeg("-ss", "1.5", "-i", long, "-c", "copy", trimmed)
    made = composed(editor, trimmed, tmp_path)
    assert look(made).picture_s == pytest.approx(4.5, abs=0.05)
    for second in (0.0, 2.0, 4.4):
        there, here = frame_at(long, second + 1.5), frame_at(made, second)
        assert np.abs(there.astype(int) - here).mean() < 12
    assert np.abs(samples_of(made)[-RATE_HZ // 4 : -2048]).max() > 0.05


@pytest.mark.parametrize("late_s", [0.5, 0.04])
def test_a_clip_begins_with_its_picture_and_keeps_its_sound_in_time(
    editor: FfmpegEditor, tmp_path: Path, late_s: float
) -> None:
    clip = tmp_path / "late.webm"
    flash = "testsrc2=s=180x320:r=30:d=2,drawbox=w=iw:h=ih:c=white:t=fill:enable='between(t,{at},{at}+0.1)'"
    picture = flash.format(at=1.5 - late_s)
    coded = ("-c:v", "libvpx", "-b:v", "2M", "-deadline", "realtime", "-c:a", "libopus")
    ffmpeg("-f", "lavfi", "-i", BEEP, "-itsoffset", str(late_s), "-f", "lavfi", "-i", picture, *coded, clip)
    made = composed(editor, clip, tmp_path)
    assert look(made).frames == 60
    assert np.abs(frame_at(made, 0.0).astype(int) - frame_at(made, 0.2)).mean() > 1
    loud = np.abs(samples_of(made))
    beep_s = np.flatnonzero(loud > loud.max() / 2)[0] / RATE_HZ
    assert beep_s == pytest.approx(1.5 - late_s, abs=0.015)
    assert frame_at(made, beep_s + 0.05).mean() > 240 > frame_at(made, beep_s - 0.1).mean() + 30


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_hdr_of_which_only_the_transfer_is_tagged_is_mapped(
    editor: FfmpegEditor, tmp_path: Path, transfer: str
) -> None:
    clip = tmp_path / "half.mp4"
    tags = ("-tag:v", "hvc1", "-x265-params", f"log-level=none:transfer={transfer}", "-color_trc", transfer)
    ffmpeg(*PATTERN, "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", *tags, clip)
    assert look(composed(editor, clip, tmp_path)).colour == (1, 1, 1, 1)


@pytest.mark.parametrize("layout", sorted(MIXABLE))
def test_every_layout_of_sound_that_is_mixed_by_its_places_can_be(
    editor: FfmpegEditor, tmp_path: Path, layout: str
) -> None:
    clip = tmp_path / "sound.mkv"
    sound = f"sine=f=300:d=1,aformat=channel_layouts={layout}:sample_rates=44100"
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "color=s=64x64:r=24:d=1",
        "-f",
        "lavfi",
        "-i",
        sound,
        *FAST,
        "-c:a",
        "pcm_s16le",
        clip,
    )
    seen = look(composed(editor, clip, tmp_path))
    assert seen.loudness_lufs == pytest.approx(-14, abs=1)


@pytest.mark.parametrize("channels", [4, 5, 6, 7, 8, 9, 12, 16, 24])
def test_channels_without_places_are_all_heard(editor: FfmpegEditor, tmp_path: Path, channels: int) -> None:
    """Sound in one channel only, the last: none is left out."""
    clip, raw = tmp_path / "sound.mov", tmp_path / "sound.pcm"
    samples = np.zeros((RATE_HZ, channels), "<f4")
    samples[:, -1] = 0.3 * np.sin(np.arange(RATE_HZ) / 10)
    raw.write_bytes(samples.tobytes())
    source = ("-f", "f32le", "-ar", "48000", "-ac", str(channels), "-i", raw)
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:r=24:d=1", *source, *FAST, "-c:a", "pcm_s16le", clip)
    assert look(composed(editor, clip, tmp_path)).loudness_lufs == pytest.approx(-14, abs=1)


def test_interlaced_footage_shows_no_combs(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "interlaced.mp4"
    fields = "testsrc2=s=180x320:r=60:d=1,scroll=h=0.02,tinterlace=interleave_top,fieldorder=tff"
    flags = ("-flags", "+ildct+ilme", "-x264opts", "tff=1", "-crf", "10")
    ffmpeg("-f", "lavfi", "-i", fields, *FAST, *flags, clip)
    raw, made = frame_at(clip, 0.5).astype(int), frame_at(composed(editor, clip, tmp_path), 0.5).astype(int)
    assert combs(made) < combs(raw) / 3


def combs(frame: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> float:
    """How much more a line differs from its neighbour than from the one after."""
    return float(np.abs(frame[1:-1] - (frame[:-2] + frame[2:]) / 2).mean())


def test_a_ribbon_is_filled_and_not_stretched(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "ribbon.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=4096x64:r=30:d=1", *FAST, clip)
    assert look(composed(editor, clip, tmp_path)).height_px == 320


UNUSABLE: list[tuple[Callable[[Path], object], str]] = [
    (lambda to: ffmpeg(*PATTERN, "-frames:v", "1", *FAST, "-f", "mp4", to), "has a single frame"),
    (
        lambda to: ffmpeg(*PATTERN, "-t", "0.1", *FAST, "-f", "mp4", to),
        "lasts 0.10 s, and 0.2 s are the least",
    ),
    (
        lambda to: ffmpeg(*PATTERN, "-t", "0.8", *FAST, "-f", "mp4", to),
        "lasts 0.80 s, and 1 s is the least",
    ),
    (lambda to: ffmpeg(*PATTERN, "-c:v", "mpeg4", "-f", "avi", to), "is an AVI, and only MP4"),
    (lambda to: ffmpeg(*PATTERN, *FAST, "-f", "mpegts", to), "is an MPEG transport stream, and only MP4"),
    (lambda to: ffmpeg(*PATTERN, "-f", "gif", to), "is a GIF, not a video"),
    (lambda to: ffmpeg("-f", "lavfi", "-i", BEEP, "-f", "mp3", to), "is an MP3, which has sound only"),
    (lambda to: ffmpeg("-f", "lavfi", "-i", BEEP, "-f", "wav", to), "is a WAV, which has sound only"),
    (lambda to: Image.new("RGB", (180, 320)).save(to, format="AVIF"), "is an AVIF picture, not a video"),
    (lambda to: to.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "is a HEIC picture, not a video"),
    (lambda to: to.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "is a Windows or Office file"),
    (lambda to: to.write_bytes(b"PK\x03\x04 and so on"), "is a ZIP archive"),
    (lambda to: to.write_bytes(bytes(4096)), "is a file of zeros"),
]


@pytest.mark.parametrize(("make", "said"), UNUSABLE)
def test_what_is_no_usable_clip_is_called_what_it_is(
    editor: FfmpegEditor, tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    make(tmp_path / "IMG_0001.MOV")
    assert said in refusal(editor, Composition(clips=(tmp_path / "IMG_0001.MOV",), **SIZE))


def test_footage_that_changes_its_size_on_the_way_is_refused(editor: FfmpegEditor, tmp_path: Path) -> None:
    both = tmp_path / "both.webm"
    parts = [tmp_path / "small.webm", tmp_path / "large.webm"]
    for part, size in zip(parts, ("180x320", "360x640"), strict=True):
        coded = ("-c:v", "libvpx", "-deadline", "realtime")
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r=30:d=1", *coded, part)
    listed = tmp_path / "list"
    listed.write_text("".join(f"file {part}\n" for part in parts))
    ffmpeg("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", both)
    line = refusal(editor, Composition(clips=(both,), **SIZE))
    assert "'both.webm' changes its size (180x320, later 360x640) on the way" in line


def test_more_than_a_quarter_of_an_hour_in_all_is_refused_before_anything_is_decoded(
    editor: FfmpegEditor, tmp_path: Path
) -> None:
    clip = tmp_path / "eight minutes.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:r=1:d=480", *FAST, clip)
    seen: list[Checking] = []
    with pytest.raises(Trouble, match="all of it together lasts 16:00, and 15 minutes are the most"):
        editor.check(Composition(clips=(clip, clip), **SIZE), seen.append)
    assert seen == []
    with pytest.raises(Trouble, match="lasts 15:30"):
        editor.check(
            Composition(clips=(), intro=clip, **SIZE), seen.append, besides=timedelta(minutes=7, seconds=30)
        )


@pytest.mark.parametrize(
    ("size", "cut", "said", "fault"),
    [
        ((180, 320), None, "'mark.png' is 180x320 pixels and does not fit", Fault.BAD_INPUT),
        ((40, 20), 60, "'mark.png' is cut short; a watermark is a PNG", Fault.BAD_FOOTAGE),
        ((40, 20), -6, "'mark.png' is cut short; a watermark is a PNG", Fault.BAD_FOOTAGE),
    ],
)
def test_a_watermark_is_read_whole_also_where_nothing_else_is_brought(
    editor: FfmpegEditor, tmp_path: Path, size: tuple[int, int], cut: int | None, said: str, fault: Fault
) -> None:
    mark = tmp_path / "mark.png"
    Image.effect_noise(size, 90).convert("RGBA").save(mark)
    mark.write_bytes(mark.read_bytes()[:cut])
    assert said in refusal(editor, Composition(clips=(), watermark=mark, **SIZE), fault)


def test_a_watermark_with_a_damaged_byte_is_refused(editor: FfmpegEditor, tmp_path: Path) -> None:
    mark = tmp_path / "mark.png"
    Image.effect_noise((40, 20), 90).convert("RGBA").save(mark)
    content = bytearray(mark.read_bytes())
    content[len(content) // 2] ^= 0xFF
    mark.write_bytes(content)
    assert "'mark.png' is damaged" in refusal(editor, Composition(clips=(), watermark=mark, **SIZE))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB", "1"])
def test_a_watermark_of_any_kind_of_png_can_be_laid_on(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, mode: str
) -> None:
    Image.new(mode, (40, 20), 1).save(tmp_path / "mark.png")
    plan = Composition(clips=(footage.clip("short.mp4", seconds=1),), watermark=tmp_path / "mark.png", **SIZE)
    editor.check(plan)
    assert editor.compose(plan, tmp_path / "final.mp4").facts.duration == timedelta(seconds=1)


def test_a_refusal_uses_the_name_that_a_person_knows(editor: FfmpegEditor, tmp_path: Path) -> None:
    stored = tmp_path / "own-01.brought"
    stored.write_bytes(b"GIF89a")
    plan = Composition(clips=(stored,), names={stored: "Holiday.mov"}, **SIZE)
    assert "'Holiday.mov' is a GIF" in refusal(editor, plan)
    with pytest.raises(Trouble, match=r"'Holiday\.mov' is a GIF"):
        editor.compose(plan, tmp_path / "final.mp4")
    with pytest.raises(Trouble, match=r"'Holiday\.mov' is a GIF"):
        editor.inspect(stored, "Holiday.mov")


def test_what_progress_raises_ends_the_check(editor: FfmpegEditor, footage: Footage) -> None:
    def stop(_: Checking) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        editor.check(Composition(clips=(footage.clip("a.mp4"),), **SIZE), stop)


def test_the_cause_is_told_and_not_what_follows_from_it() -> None:
    stderr = """[hevc @ 0x55aa10] Could not find ref with POC 12
[Parsed_zscale_3 @ 0x1c4089c0] code 3074: no path between colorspaces
[vf#0:0 @ 0x10278040] Task finished with error code: -542398533 (Generic error in an external library)
[out#0/mp4 @ 0x10273bc0] Nothing was written into output file, because at least one of its streams received no packets.
"""
    assert cause(stderr) == "code 3074: no path between colorspaces"
    assert cause("[h264 @ 0x1] error while decoding MB 3 4\n") == "error while decoding MB 3 4"
    assert cause("\n") == "ffmpeg said nothing"
