"""Sound is brought to -14 LUFS and below -1 dBTP, whatever comes in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.media.editor import FfmpegEditor
from activities.media.loudness import Mastering, Measured, Target, corrected, find_mastering
from activities.media.port import Composition
from tests.activities.media.footage import RATE_HZ, Footage, look, samples_of

pytestmark = pytest.mark.slow

SIZE: dict[str, Any] = {"width_px": 180, "height_px": 320}
SECONDS = 4
TARGET = Target(loudness_lufs=-14, true_peak_dbtp=-1)

Samples = NDArray[np.float64]


def _noise(level: float) -> Samples:
    return np.random.default_rng(1).standard_normal((SECONDS * RATE_HZ, 2)) * level


def _claps() -> Samples:
    """Short bursts every half second over faint noise: what a knife on wood sounds like to a meter."""
    sound = _noise(0.002)
    for start in range(0, len(sound), RATE_HZ // 2):
        burst = np.exp(-np.arange(4800) / 600)[:, None] * _noise(0.3)[:4800]
        sound[start : start + 4800] += burst
    return sound


def _clicks() -> Samples:
    """One full-scale sample a second, and nothing else."""
    sound = np.zeros((SECONDS * RATE_HZ, 2))
    sound[RATE_HZ // 2 :: RATE_HZ] = 0.99
    return sound


def _between_samples() -> Samples:
    """A quarter of the sample rate, half a step off: its samples miss peaks that are 3 dB higher."""
    at = np.arange(SECONDS * RATE_HZ)
    tone = np.sin(np.pi / 2 * at + np.pi / 4) * np.where(at // 24_000 % 4 == 0, 0.99, 0.02)
    return np.stack([tone, tone], axis=1)


def _one_sided() -> Samples:
    sound = _noise(0.05)
    sound[:, 1] = 0
    return sound


@pytest.mark.parametrize(
    "make",
    [
        lambda: _noise(0.002),
        lambda: _noise(0.05),
        lambda: _noise(0.9),
        lambda: np.sign(_noise(1)),
        _claps,
        _one_sided,
        lambda: _noise(0.05)[:, 0],
    ],
    ids=["quiet", "usual", "clipped", "square", "claps", "one-sided", "mono"],
)
def test_sound_comes_out_at_its_loudness_and_below_its_peak(
    editor: FfmpegEditor,
    footage: Footage,
    tmp_path: Path,
    make: Callable[[], Samples],
    request: pytest.FixtureRequest,
) -> None:
    clip = footage.with_sound(f"{request.node.callspec.id}.mp4", make())
    told = editor.compose(Composition(clips=(clip,), **SIZE), tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert told.copied_picture
    assert seen.loudness_lufs == pytest.approx(-14, abs=1)
    assert seen.true_peak_dbtp < -1


@pytest.mark.parametrize("make", [_clicks, _between_samples], ids=["clicks", "between"])
def test_peaks_win_where_sound_is_nearly_all_peaks(
    editor: FfmpegEditor,
    footage: Footage,
    tmp_path: Path,
    make: Callable[[], Samples],
    request: pytest.FixtureRequest,
) -> None:
    clip = footage.with_sound(f"{request.node.callspec.id}.mp4", make())
    told = editor.compose(Composition(clips=(clip,), **SIZE), tmp_path / "final.mp4")
    seen = look(tmp_path / "final.mp4")
    assert seen.true_peak_dbtp < -1
    assert seen.loudness_lufs < -13
    assert told.loudness_lufs == pytest.approx(seen.loudness_lufs, abs=0.3)


@pytest.mark.parametrize("level", [0.0, 0.0003], ids=["silent", "hiss"])
def test_silence_stays_silent_and_hiss_is_not_amplified(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, level: float
) -> None:
    clip = footage.with_sound(f"silent{level}.mp4", _noise(level))
    told = editor.compose(Composition(clips=(clip,), **SIZE), tmp_path / "final.mp4")
    assert look(tmp_path / "final.mp4").loudness_lufs < -60
    assert told.loudness_lufs < -60


def test_loud_and_quiet_clips_share_one_gain_so_that_their_balance_stays(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    loud, quiet = footage.with_sound("loud.mp4", _noise(0.05)), footage.with_sound("soft.mp4", _noise(0.0125))
    editor.compose(Composition(clips=(loud, quiet), **SIZE), tmp_path / "final.mp4")
    heard = samples_of(tmp_path / "final.mp4")
    half = SECONDS * RATE_HZ
    first, second = heard[:half].std(), heard[half:].std()
    assert 20 * np.log10(first / second) == pytest.approx(12, abs=0.5)


def test_a_knock_is_heard_when_it_is_seen_in_every_clip(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    sound = _noise(0.01)
    sound[RATE_HZ : RATE_HZ + 2400] += 0.8 * np.sin(np.arange(2400) / 8)[:, None]
    clip = footage.with_sound("knock.mp4", sound)
    editor.compose(Composition(clips=(clip, clip), **SIZE), tmp_path / "final.mp4")
    heard = np.abs(samples_of(tmp_path / "final.mp4"))
    half = SECONDS * RATE_HZ
    for start in (0, half):
        part = heard[start : start + half]
        late_s = (np.argmax(part > part.max() / 2) - RATE_HZ) / RATE_HZ
        assert abs(late_s) < 0.001


def test_sound_that_needs_no_limiter_is_not_measured_again() -> None:
    asked: list[Mastering] = []

    def measure(tried: Mastering) -> Measured:
        asked.append(tried)
        return Measured(loudness_lufs=-30, true_peak_dbtp=-20)

    raw = Measured(loudness_lufs=-30, true_peak_dbtp=-20)
    assert find_mastering(TARGET, raw, measure) == Mastering(gain_db=16.0, loudness_lufs=-14)
    assert asked == []


def test_a_shortfall_behind_the_limiter_is_made_up_for() -> None:
    def measure(tried: Mastering) -> Measured:
        assert tried.ceiling_db is not None
        return Measured(-30 + 0.8 * tried.gain_db, tried.ceiling_db)

    found = find_mastering(TARGET, Measured(-30, -6), measure)
    assert found.gain_db == pytest.approx(20, abs=0.3)
    assert found.ceiling_db == -2
    assert not found.falls_short


def test_a_peak_that_the_encoder_raised_lowers_the_ceiling_by_as_much() -> None:
    used = Mastering(4, -2.0, loudness_lufs=-14)
    found = corrected(TARGET, lambda _: Measured(-14, -3), used, Measured(-14, -0.5))
    assert found.ceiling_db == pytest.approx(-2.75)


def test_loudness_that_the_encoder_took_is_given_back_beforehand() -> None:
    used = Mastering(4, None, loudness_lufs=-14)
    found = corrected(TARGET, lambda tried: Measured(-18 + tried.gain_db, -6), used, Measured(-15.2, -3))
    assert found.gain_db == pytest.approx(5.2)
