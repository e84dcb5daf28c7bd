"""Clips that are alike, or wholly without sound, stay clips of their own."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from tests.activities.media.footage import Footage, look

SIZE: dict[str, Any] = {"width_px": 180, "height_px": 320}


@pytest.mark.parametrize("silent", [(1, 1), (1, 2), (2, 1, 1, 2), (1,) * 24], ids=str)
def test_any_number_of_silent_clips_of_any_lengths_compose(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, silent: tuple[int, ...]
) -> None:
    clips = tuple(
        footage.clip(f"silent{s}.mp4", sound=None, rate="30", seconds=s, conforming=False) for s in silent
    )
    editor.compose(Composition(clips=clips, **SIZE), tmp_path / "final.mp4")
    assert look(tmp_path / "final.mp4").frames == 30 * sum(silent)


@pytest.mark.parametrize("sound", [None, "anoisesrc=a=0.1:c=pink:seed=1"], ids=["silent", "with sound"])
@pytest.mark.parametrize("conforming", [True, False], ids=["copied", "encoded"])
def test_one_file_given_three_times_is_shown_three_times(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, sound: str | None, conforming: bool
) -> None:
    name = f"same{conforming}{sound is None}.mp4"
    clip = footage.clip(name, sound=sound, conforming=conforming, seconds=1)
    told = editor.compose(Composition(clips=(clip,) * 3, intro=clip, **SIZE), tmp_path / "final.mp4")
    assert told.copied_picture == conforming
    assert told.facts.duration == timedelta(seconds=4)
