"""Encoded pictures are joined as they are, and every frame is shown at its time."""

from pathlib import Path
from typing import Any

import pytest

from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from activities.media.profile import PICTURE_FILTER
from tests.activities.media.footage import Footage, look

pytestmark = pytest.mark.slow

SIZE: dict[str, Any] = {"width_px": 180, "height_px": 320}


@pytest.mark.parametrize("conforming", [True, False], ids=["copied", "encoded"])
def test_frames_stay_even_wherever_a_clip_ends_among_frames_that_rest_on_later_ones(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, conforming: bool
) -> None:
    clips = tuple(
        footage.clip(
            f"{frames}-{conforming}.mp4",
            picture="color=c=gray",
            seconds=frames / 24,
            size="180x320" if conforming else "178x320",
            # Noise, in which no frame rests on another, and then five frames that do.
            extra=("-vf", f"noise=alls=90:allf=t:enable='lt(n,{frames - 5})',{PICTURE_FILTER}"),
        )
        for frames in range(20, 32)
    )
    told = editor.compose(Composition(clips=clips, **SIZE), tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert told.copied_picture == conforming
    assert len(seen.steps) == 1
    assert seen.frames == sum(range(20, 32))
