"""Whatever the door accepts composes rightly: footage of every kind, together, judged by other means than ours."""

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from tests.activities.media import mixture
from tests.activities.media.footage import RATE_HZ, look, samples_of
from tests.activities.media.mixture import FLASH_S, SECONDS, Traits

pytestmark = pytest.mark.slow

SIZE: dict[str, Any] = {"width_px": 90, "height_px": 160}
GROUPS = (1, 2, 3, 24, 7, 1, 2, 5)
"""How many clips go together; repeated until all had their turn."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Footage with every trait, or as many sets with every pair of traits as `--mixtures` says."""
    if "wanted" not in metafunc.fixturenames:
        return
    for_all: list[list[Traits]] = []
    names: list[str] = []
    sets: int = metafunc.config.option.mixtures
    for seed in range(max(sets, 1)):
        left, sizes = mixture.covering(seed, together=2 if sets else 1), itertools.cycle(GROUPS)
        while left:
            size = next(sizes)
            for_all.append(left[:size])
            names.append(f"{seed}-{len(for_all)}-of-{len(for_all[-1])}")
            left = left[size:]
    metafunc.parametrize("wanted", for_all, ids=names)


def test_a_mixture_that_passes_the_door_becomes_one_video_with_every_clip_right(
    editor: FfmpegEditor, tmp_path: Path, wanted: list[Traits]
) -> None:
    clips = tuple(
        mixture.make(clip, tmp_path / f"{number:02d}.{clip.container}") for number, clip in enumerate(wanted)
    )
    plan = Composition(clips=clips, **SIZE)
    editor.check(plan)
    editor.compose(plan, tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert len(seen.steps) == 1
    if any(clip.sound != "none" for clip in wanted):
        assert seen.loudness_lufs == pytest.approx(-14, abs=1)
        assert seen.true_peak_dbtp < -1
    frames, rate = _frames(tmp_path / "final.mp4")
    heard = samples_of(tmp_path / "final.mp4")
    counts = [round(_length(clip) * rate) for clip in clips]
    assert len(frames) == sum(counts)
    start = 0
    for clip, count in zip(wanted, counts, strict=True):
        first = round(start / rate * RATE_HZ)
        part = heard[first : first + round(count / rate * RATE_HZ)]
        _judge(clip, frames[start : start + count], part, float(rate))
        start += count


def _length(clip: Path) -> Fraction:
    """Return the length of a clip by its packets; the last frame may last longer."""
    with av.open(str(clip)) as container:
        packets = [
            (packet.pts, packet.duration or 0)
            for packet in container.demux(container.streams.video[0])
            if packet.pts is not None
        ]
        base = container.streams.video[0].time_base
    assert base is not None
    ends = [end for end, _ in sorted(packets)]
    last = max(packets)[1] or round((ends[-1] - ends[0]) / (len(ends) - 1))
    length = (ends[-1] - ends[0] + last) * base
    assert abs(length - Fraction(SECONDS)) <= Fraction(1, 9)
    return length


def _frames(video: Path) -> tuple[NDArray[np.int16], Fraction]:
    """All frames as they are shown, and how many a second."""
    with av.open(str(video)) as container:
        shown = list(container.decode(video=0))
    first, second = shown[0], shown[1]
    assert first.pts is not None
    assert second.pts is not None
    assert first.time_base is not None
    rate = 1 / ((second.pts - first.pts) * first.time_base)
    return np.stack([frame.to_ndarray(format="rgb24") for frame in shown]).astype(np.int16), Fraction(rate)


def _judge(clip: Traits, frames: NDArray[np.int16], heard: NDArray[np.float64], rate: float) -> None:
    """See that one clip's stretch of the cut is upright, coloured, moving and in time."""
    middle = frames[:, 76:84, 41:49].mean(axis=(1, 2, 3))
    _judge_colours(clip, frames[len(frames) // 2])
    changes = np.abs(np.diff(middle)) > 4
    shown_rate = 12 if clip.rate == "uneven" else min(rate, float(Fraction(clip.rate)))
    assert changes.sum() >= 0.75 * (shown_rate * SECONDS - 1), f"{clip} stands still"
    gaps = np.diff(np.flatnonzero(np.concatenate(([True], changes, [True]))))
    assert gaps.max() / rate <= FLASH_S[1] - FLASH_S[0] + 2 * clip.step_s + 0.02, (
        f"{clip} is frozen for a while"
    )
    flash_s = np.flatnonzero(middle > 0.6 * middle.max() + 0.4 * middle.min())[0] / rate
    late_s = clip.step_s + 1 / rate
    assert FLASH_S[0] - late_s <= flash_s <= FLASH_S[0] + late_s, f"{clip} flashes at {flash_s}"
    if clip.sound == "none":
        return
    loud = np.abs(heard)
    beep_s = np.flatnonzero(loud > 0.5 * loud[: int(0.6 * RATE_HZ)].max())[0] / RATE_HZ
    assert abs(beep_s - FLASH_S[0]) < 0.012, f"{clip} beeps at {beep_s}"


def _judge_colours(clip: Traits, frame: NDArray[np.int16]) -> None:
    corners = frame[20:50, 12:30], frame[20:50, 60:78], frame[110:140, 12:30], frame[110:140, 60:78]
    red, green, blue, grey = (corner.mean(axis=(0, 1)) for corner in corners)
    assert np.argmax(red) == 0, f"{clip} is not red at the top left: {red}"
    assert np.argmax(green) == 1, f"{clip} is not green at the top right: {green}"
    assert np.argmax(blue) == 2, f"{clip} is not blue at the bottom left: {blue}"
    assert np.ptp(grey) < 16, f"{clip} is not grey at the bottom right: {grey}"
    if clip.hdr == "none":
        wanted = np.array([colour for row in mixture.QUADRANTS for colour in row])
        assert np.abs(np.stack([red, green, blue, grey]) - wanted).max() < 14, f"{clip} has other colours"
    assert grey.mean() > 60, f"{clip} is dark"
