"""What is laid over a cut, and the picture that stands for it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from schema.failure import Fault, Trouble
from tests.activities.media.footage import Footage, frame_at

pytestmark = pytest.mark.slow

SIZE: dict[str, Any] = {"width_px": 180, "height_px": 320}


def test_a_watermark_lies_at_its_place_and_nowhere_else(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    grey = footage.clip("grey.mp4", picture="color=c=gray", seconds=1)
    Image.new("RGBA", (40, 20), (255, 0, 0, 255)).save(tmp_path / "logo.png")
    plan = Composition(clips=(grey, grey), watermark=tmp_path / "logo.png", **SIZE)
    told = editor.compose(plan, tmp_path / "final.mp4")
    assert not told.copied_picture
    for second in (0.0, 1.5):
        shown = frame_at(tmp_path / "final.mp4", second).astype(int)
        red = (shown[..., 0] > 180) & (shown[..., 1] < 80)
        rows, columns = np.nonzero(red)
        assert (rows.min(), rows.max()) == pytest.approx((96, 115), abs=1)
        assert (columns.min(), columns.max()) == pytest.approx((180 - 24 - 40, 180 - 24 - 1), abs=1)
        assert red.sum() == pytest.approx(800, rel=0.1)


def test_a_watermark_that_does_not_fit_is_refused(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    Image.new("RGBA", (400, 20)).save(tmp_path / "logo.png")
    plan = Composition(clips=(footage.clip("a.mp4"),), watermark=tmp_path / "logo.png", **SIZE)
    with pytest.raises(Trouble, match=r"'logo\.png' is 400x20 pixels and does not fit") as caught:
        editor.compose(plan, tmp_path / "final.mp4")
    assert caught.value.fault is Fault.BAD_INPUT


def test_the_thumbnail_is_the_frame_of_that_moment(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    clip = footage.clip("a.mp4")
    editor.thumbnail(clip, tmp_path / "t.jpg", timedelta(seconds=1))
    with Image.open(tmp_path / "t.jpg") as image:
        shown = np.asarray(image.convert("RGB"), dtype=int)
    assert np.abs(shown - frame_at(clip, 1)).mean() < 8
    editor.thumbnail(clip, tmp_path / "late.jpg", timedelta(minutes=1))
    with Image.open(tmp_path / "late.jpg") as image:
        assert image.size == (180, 320)
