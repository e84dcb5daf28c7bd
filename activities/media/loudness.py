"""Brings sound to its loudness: measure, one static gain, and a limiter only where peaks need it.

Static gain does not pump, and costs a third of two-pass loudnorm (media.md section 1.5). Three cases need words:

- Sound below `SILENT_BELOW_LUFS` is left as it is: amplifying it would make noise of a recorder's hiss.
- Where the limiter holds peaks back, the result is measured through it and the shortfall added, up to three times.
- Sound that is nearly all peaks (single clicks) cannot be both loud and within its peaks. The peaks win: the cut is
  then quieter than asked, and its measured loudness says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activities.media.probe import decibels

SILENT_BELOW_LUFS = -60.0
"""Quieter than any speech or ambience one could want to hear; the absolute gate of R 128 is -70."""
HEADROOM_DB = 1.0
"""Between the limiter and the true peak allowed: AAC adds peaks of its own (media.md section 5)."""
CLOSE_ENOUGH_LU = 0.2
MOST_GAIN_DB = 60.0
"""More is never needed above `SILENT_BELOW_LUFS`, and a limiter cannot make use of it."""


@dataclass(frozen=True)
class Measured:
    """One measurement."""

    loudness_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True)
class Target:
    """What is asked for."""

    loudness_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True)
class Mastering:
    """What is done to the joined sound."""

    gain_db: float = 0.0
    ceiling_db: float | None = None
    """None where no peak needs holding back."""
    falls_short: bool = False
    """True where the sound is silent or its peaks forbid the loudness asked for."""


def read_measurement(file: Path) -> Measured:
    """Read what the meter wrote; its last figures are those of the whole."""
    told: dict[str, str] = {}
    for line in file.read_text().splitlines():
        key, _, value = line.partition("=")
        told[key] = value
    peak = float(told.get("lavfi.r128.true_peak", "0"))
    return Measured(float(told.get("lavfi.r128.I", "-70")), decibels(peak))


def find_mastering(target: Target, measure: Callable[[Mastering], Measured]) -> Mastering:
    """Return what brings the sound to its target; `measure` measures it through the chain that is encoded."""
    raw = measure(Mastering())
    ceiling_db = target.true_peak_dbtp - HEADROOM_DB
    if raw.loudness_lufs < SILENT_BELOW_LUFS:
        return Mastering(0.0, ceiling_db if raw.true_peak_dbtp > ceiling_db else None, falls_short=True)
    gain_db = target.loudness_lufs - raw.loudness_lufs
    if raw.true_peak_dbtp + gain_db <= ceiling_db:
        return Mastering(gain_db)
    return _through_limiter(target, measure, gain_db, ceiling_db)


def lower_peaks(
    target: Target, measure: Callable[[Mastering], Measured], used: Mastering, finished: Measured
) -> Mastering:
    """Return a mastering for sound whose peaks came out too high in the finished file."""
    ceiling_db = target.true_peak_dbtp - HEADROOM_DB if used.ceiling_db is None else used.ceiling_db
    ceiling_db -= max(0.3, finished.true_peak_dbtp - target.true_peak_dbtp + 0.3)
    if used.falls_short:
        return Mastering(used.gain_db, ceiling_db, falls_short=True)
    return _through_limiter(target, measure, used.gain_db, ceiling_db)


def _through_limiter(
    target: Target, measure: Callable[[Mastering], Measured], gain_db: float, ceiling_db: float
) -> Mastering:
    best = Mastering(gain_db, ceiling_db, falls_short=True)
    for _ in range(4):
        tried = Mastering(min(gain_db, MOST_GAIN_DB), ceiling_db)
        heard = measure(tried)
        # The limiter looks at samples; what lies between them may be higher, so its ceiling makes up for it.
        excess_db = heard.true_peak_dbtp - (target.true_peak_dbtp - HEADROOM_DB)
        shortfall = target.loudness_lufs - heard.loudness_lufs
        if abs(shortfall) <= CLOSE_ENOUGH_LU and excess_db <= HEADROOM_DB / 2:
            return tried
        best = Mastering(tried.gain_db, ceiling_db, falls_short=shortfall > CLOSE_ENOUGH_LU)
        gain_db += shortfall
        if excess_db > HEADROOM_DB / 2:
            ceiling_db -= excess_db
    return best
