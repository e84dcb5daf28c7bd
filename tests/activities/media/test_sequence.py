"""Cuts are what item 11 of the first issue asks for, whatever they are made of."""

from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from tests.activities.media.footage import Footage, Measured, ffmpeg, frame_at, look

pytestmark = pytest.mark.slow

SIZE: dict[str, Any] = {"width_px": 180, "height_px": 320}


def assert_delivered(seen: Measured, *, width_px: int, height_px: int) -> None:
    """Every figure of item 11 but loudness and length."""
    assert (seen.width_px, seen.height_px) == (width_px, height_px)
    assert (seen.codec, seen.profile, seen.pixel_format) == ("h264", "High", "yuv420p")
    assert seen.colour == (1, 1, 1, 1)
    assert len(seen.steps) == 1
    assert (seen.audio_codec, seen.sample_rate_hz, seen.channels) == ("aac LC", 48_000, 2)
    assert seen.boxes.index(b"moov") < seen.boxes.index(b"mdat")
    assert not seen.edit_list
    assert abs(seen.picture_s - seen.sound_s) < 0.025


def assert_loud(seen: Measured) -> None:
    """Loudness and true peak of item 11."""
    assert seen.loudness_lufs == pytest.approx(-14, abs=1)
    assert seen.true_peak_dbtp < -1


def test_three_conforming_clips_become_fifteen_seconds_and_every_figure_holds(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    clips = tuple(
        footage.clip(f"full{n}.mp4", size="720x1280", seconds=5, picture=picture)
        for n, picture in enumerate(("smptebars", "rgbtestsrc", "pal100bars"))
    )
    plan = Composition(
        clips=clips, width_px=720, height_px=1280, clip_duration=timedelta(seconds=5), title="Wood, slowly"
    )
    told = editor.compose(plan, tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert_delivered(seen, width_px=720, height_px=1280)
    assert_loud(seen)
    assert seen.picture_s == pytest.approx(15, abs=0.2)
    assert seen.title == "Wood, slowly"
    assert told.copied_picture
    assert told.loudness_lufs == pytest.approx(seen.loudness_lufs, abs=0.15)
    assert told.true_peak_dbtp == pytest.approx(seen.true_peak_dbtp, abs=0.15)
    assert told.facts.duration == timedelta(seconds=15)


def test_a_copied_picture_is_the_clips_own_frame_by_frame(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    clips = (footage.clip("a.mp4"), footage.clip("b.mp4", picture="mandelbrot"))
    told = editor.compose(Composition(clips=clips, **SIZE), tmp_path / "final.mp4")
    assert told.copied_picture
    for second in (0.0, 1.0, 1.9):
        assert np.array_equal(frame_at(tmp_path / "final.mp4", second), frame_at(clips[0], second))
        assert np.array_equal(frame_at(tmp_path / "final.mp4", 2 + second), frame_at(clips[1], second))


@pytest.mark.parametrize(
    "other",
    [
        {"name": "size.mp4", "size": "320x180"},
        {"name": "rate.mp4", "rate": "30"},
        {"name": "short.mp4", "seconds": 1},
        {"name": "untagged.mp4", "conforming": False, "extra": ("-pix_fmt", "yuv420p")},
        {"name": "main.mp4", "extra": ("-profile:v", "main")},
    ],
    ids=lambda other: other["name"],
)
def test_one_clip_that_does_not_conform_has_the_picture_encoded_once(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, other: dict[str, Any]
) -> None:
    clips = (footage.clip("a.mp4"), footage.clip(**other))
    plan = Composition(clips=clips, clip_duration=timedelta(seconds=2), **SIZE)
    told = editor.compose(plan, tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert not told.copied_picture
    assert_delivered(seen, **SIZE)
    assert_loud(seen)
    assert seen.picture_s == pytest.approx(4, abs=0.001)


def mixed_footage(footage: Footage) -> tuple[Path, ...]:
    """Vertical and horizontal, fast and uneven, without sound, rotated, 10-bit, VP9."""
    upright = footage.clip("upright.mp4")
    wide = footage.clip(
        "wide.mov", size="426x240", rate="60", conforming=False, extra=("-pix_fmt", "yuv420p")
    )
    mute = footage.clip("mute.mp4", sound=None, conforming=False, extra=("-c:v", "libx264"))
    uneven = footage.clip(
        "uneven.mkv",
        conforming=False,
        extra=("-vf", "select='not(mod(n,3))+lt(n,9)'", "-fps_mode", "vfr", "-c:v", "libx264"),
    )
    deep = footage.clip(
        "deep.mp4", size="177x315", conforming=False, extra=("-c:v", "libx265", "-pix_fmt", "yuv420p10le")
    )
    web = footage.clip(
        "web.webm", rate="25", conforming=False, extra=("-c:v", "libvpx-vp9", "-deadline", "realtime")
    )
    turned = footage.folder / "turned.mp4"
    ffmpeg("-display_rotation:v:0", "90", "-i", wide, "-c", "copy", turned)
    surround = footage.clip(
        "surround.mkv",
        sound="sine=f=200,aformat=channel_layouts=5.1:sample_rates=44100",
        conforming=False,
        extra=("-c:a", "flac", "-c:v", "libx264", "-pix_fmt", "yuv444p"),
    )
    return (upright, wide, mute, uneven, deep, web, turned, surround)


def test_mixed_footage_of_every_kind_becomes_one_even_video(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    clips = mixed_footage(footage)
    plan = Composition(clips=clips, clip_duration=timedelta(seconds=1.5), **SIZE)
    told = editor.compose(plan, tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert_delivered(seen, **SIZE)
    assert_loud(seen)
    assert seen.rate == 30
    assert seen.frames == len(clips) * 45
    assert not told.copied_picture


def test_a_short_clip_holds_its_last_frame_and_then_is_silent(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    clip = footage.clip("a.mp4")
    plan = Composition(clips=(clip,), clip_duration=timedelta(seconds=3), **SIZE)
    editor.compose(plan, tmp_path / "final.mp4")
    last, held = frame_at(tmp_path / "final.mp4", 1.96), frame_at(tmp_path / "final.mp4", 2.9)
    assert np.abs(last.astype(int) - held.astype(int)).mean() < 3
    assert look(tmp_path / "final.mp4").picture_s == pytest.approx(3, abs=0.001)


def test_clips_keep_their_own_length_where_none_is_given(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    clips = (footage.clip("a.mp4"), footage.clip("short.mp4", seconds=1))
    told = editor.compose(Composition(clips=clips, **SIZE), tmp_path / "final.mp4")
    assert told.copied_picture
    assert told.facts.duration == timedelta(seconds=3)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (("25", "25"), 25),
        (("60", "60"), 60),
        (("30000/1001", "30000/1001"), Fraction(30000, 1001)),
        (("24", "25"), 30),
        (("12", "12"), 30),
    ],
)
def test_the_clips_own_rate_is_kept_where_they_agree_and_platforms_take_it(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, rates: tuple[str, str], expected: Fraction
) -> None:
    clips = tuple(
        footage.clip(f"r{rate.replace('/', '-')}.mp4", rate=rate, seconds=1, size="160x288") for rate in rates
    )
    editor.compose(Composition(clips=clips, **SIZE), tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert seen.rate == expected
    assert len(seen.steps) == 1


def test_the_intro_comes_first_and_the_outro_last_at_their_own_length(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    red = footage.clip("red.mp4", picture="color=c=red", seconds=1)
    blue = footage.clip("blue.mp4", picture="color=c=blue", seconds=1)
    plan = Composition(
        clips=(footage.clip("a.mp4"),), intro=red, outro=blue, clip_duration=timedelta(seconds=2), **SIZE
    )
    told = editor.compose(plan, tmp_path / "final.mp4")
    assert told.copied_picture
    assert told.facts.duration == timedelta(seconds=4)
    first, last = frame_at(tmp_path / "final.mp4", 0.5), frame_at(tmp_path / "final.mp4", 3.5)
    assert first[..., 0].mean() > 200 > 60 > first[..., 2].mean()
    assert last[..., 2].mean() > 200 > 60 > last[..., 0].mean()


def test_a_rotated_clip_stands_upright_and_its_colours_are_true(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    bars = footage.clip(
        "bars.mp4",
        size="320x180",
        picture="color=c=0x1e90ff",
        conforming=False,
        extra=("-pix_fmt", "yuv420p"),
    )
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation:v:0", "90", "-i", bars, "-c", "copy", turned)
    assert (editor.inspect(turned).width_px, editor.inspect(turned).height_px) == (180, 320)
    editor.compose(Composition(clips=(turned,), **SIZE), tmp_path / "final.mp4")
    assert frame_at(tmp_path / "final.mp4", 0.5).mean(axis=(0, 1)) == pytest.approx((30, 144, 255), abs=6)


def test_hdr_footage_is_mapped_down_and_not_relabelled(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    hdr = footage.clip(
        "hdr.mp4",
        conforming=False,
        seconds=0.5,
        extra=(
            *("-c:v", "libx265", "-pix_fmt", "yuv420p10le"),
            *("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"),
            *("-x265-params", "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none"),
        ),
    )
    told = editor.compose(Composition(clips=(hdr,), **SIZE), tmp_path / "final.mp4")
    assert not told.copied_picture
    assert look(tmp_path / "final.mp4").colour == (1, 1, 1, 1)


def test_the_same_composition_twice_has_the_same_bytes(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    copied = (footage.clip("a.mp4"), footage.clip("b.mp4", picture="mandelbrot"))
    encoded = (footage.clip("a.mp4"), footage.clip("rate.mp4", rate="30"))
    for clips in (copied, encoded):
        plan = Composition(clips=clips, title="same", **SIZE)
        again = FfmpegEditor()
        assert (
            editor.compose(plan, tmp_path / "1.mp4").sha256 == again.compose(plan, tmp_path / "2.mp4").sha256
        )
        again.close()


def test_nothing_of_the_inputs_metadata_reaches_the_cut(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    tagged = tmp_path / "tagged.mp4"
    place = ("-metadata", "location=+52.5+13.4/", "-metadata", "comment=secret")
    ffmpeg("-i", footage.clip("a.mp4"), "-c", "copy", *place, "-movflags", "use_metadata_tags", tagged)
    editor.compose(Composition(clips=(tagged,), **SIZE), tmp_path / "final.mp4")
    assert b"secret" not in (tmp_path / "final.mp4").read_bytes()
    assert not {"comment", "location", "encoder"} & look(tmp_path / "final.mp4").tags.keys()


def test_a_clip_with_any_name_is_only_a_file(editor: FfmpegEditor, footage: Footage, tmp_path: Path) -> None:
    odd = tmp_path / "-i it's [a], clip;\n'x'=%d:\\.mp4"
    odd.write_bytes(footage.clip("a.mp4").read_bytes())
    told = editor.compose(
        Composition(clips=(odd, odd), title="a=b;'c'\n\x00", **SIZE), tmp_path / "f 'i'.mp4"
    )
    assert told.facts.duration == timedelta(seconds=4)
    assert look(tmp_path / "f 'i'.mp4").title == "a=b;'c'"
