"""A recipe is a pure function and a line in the registry; probing, encoding and mastering belong to the engine."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from activities.media.editor import FfmpegEditor
from activities.media.inputs import Inputs
from activities.media.port import Checking, Composition
from activities.media.recipes import RECIPES
from activities.media.timeline import Box, Layer, Shot
from schema.failure import Fault, Trouble
from tests.activities.media.footage import Footage, Measured, frame_at, look

WIDTH_PX, HEIGHT_PX = 180, 320
TOP_PX = 192


def plan_halves(composition: Composition, inputs: Inputs) -> tuple[Shot, ...]:
    """The clips on top, one after the other, and the last of them below throughout."""
    *stories, below = inputs.clips
    if not stories:
        raise Trouble(Fault.BAD_FOOTAGE, "bring one clip more, for the lower part")
    top = Box(0, 0, composition.width_px, TOP_PX)
    rest = Box(0, TOP_PX, composition.width_px, composition.height_px - TOP_PX)
    return tuple(
        Shot((Layer(story, top), Layer(below, rest)), heard=story, length=composition.clip_duration)
        for story in stories
    )


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "halves", plan_halves)


def composition(*clips: Path, recipe: str = "halves") -> Composition:
    return Composition(
        clips=clips,
        recipe=recipe,
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        clip_duration=timedelta(seconds=1.5),
        title="Two at once",
    )


def clips(footage: Footage) -> tuple[Path, Path, Path]:
    """Red, green and blue; the last one is silent and shorter than what is above it."""
    return (
        footage.clip("above-1.mp4", picture="color=c=red"),
        footage.clip("above-2.mp4", picture="color=c=lime", conforming=False),
        footage.clip("below.mp4", picture="color=c=blue", seconds=1.2, sound=None),
    )


def assert_delivered(seen: Measured) -> None:
    assert (seen.width_px, seen.height_px) == (WIDTH_PX, HEIGHT_PX)
    assert (seen.codec, seen.profile, seen.pixel_format) == ("h264", "High", "yuv420p")
    assert seen.colour == (1, 1, 1, 1)
    assert len(seen.steps) == 1
    assert seen.audio_codec == "aac LC"
    assert seen.picture_s == pytest.approx(3, abs=0.05)
    assert abs(seen.picture_s - seen.sound_s) < 0.025
    assert seen.loudness_lufs == pytest.approx(-14, abs=1)
    assert seen.title == "Two at once"


def test_a_second_recipe_is_probed_encoded_mastered_and_checked_like_the_first(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    made = tmp_path / "final.mp4"
    told = editor.compose(composition(*clips(footage)), made)
    assert not told.copied_picture
    assert_delivered(look(made))
    for seconds, colour in ((0.5, (254, 0, 0)), (2.5, (0, 255, 0))):
        picture = frame_at(made, seconds).astype(int)
        assert np.abs(picture[20 : TOP_PX - 8] - colour).mean() < 12
        assert np.abs(picture[TOP_PX + 8 : -8] - (0, 0, 254)).mean() < 12


def test_a_second_recipe_is_checked_file_by_file_before_anything_is_bought(
    editor: FfmpegEditor, footage: Footage
) -> None:
    seen = Counter[str]()

    def note(step: Checking) -> None:
        seen[f"{step.number} of {step.count}: {step.file.name}"] += 1

    editor.check(composition(*clips(footage)), note)
    assert list(seen) == ["1 of 3: above-1.mp4", "2 of 3: above-2.mp4", "3 of 3: below.mp4"]


def test_what_a_recipe_itself_refuses_is_told_as_it_says(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    alone = composition(clips(footage)[0])
    with pytest.raises(Trouble, match="bring one clip more"):
        editor.compose(alone, tmp_path / "final.mp4")
    with pytest.raises(Trouble, match="bring one clip more"):
        editor.check(alone)
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_that_this_version_does_not_have_is_refused_by_name(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    with pytest.raises(Trouble, match="no recipe 'thirds' is known here, only halves, sequence"):
        editor.compose(composition(*clips(footage), recipe="thirds"), tmp_path / "final.mp4")


def test_one_clip_in_a_part_of_the_picture_leaves_the_rest_black(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan_corner(_: Composition, inputs: Inputs) -> tuple[Shot, ...]:
        (clip,) = inputs.clips
        return (Shot((Layer(clip, Box(60, 100, 90, 160)),), heard=clip),)

    monkeypatch.setitem(RECIPES, "corner", plan_corner)
    made = tmp_path / "final.mp4"
    told = editor.compose(composition(clips(footage)[0], recipe="corner"), made)
    assert not told.copied_picture  # though the clip by itself could be
    picture = frame_at(made, 0.5).astype(int)
    assert picture[:90].max() < 20
    assert np.abs(picture[110:250, 70:140] - (254, 0, 0)).mean() < 12
