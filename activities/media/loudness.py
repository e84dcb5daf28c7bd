"""Brings sound to its loudness: measure, one static gain, and a limiter only where peaks need it.

Static gain does not pump, and costs a third of two-pass loudnorm (media.md section 1.5). Three cases need words:

- Sound below `SILENT_BELOW_LUFS` is left as it is: amplifying it would make noise of a recorder's hiss.
- Where the limiter holds peaks back, the result is measured through it and the shortfall made up for, a few times.
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
MEASURINGS = 6
"""Through the limiter, at most; each costs a small part of encoding the sound."""
WORTHWHILE_SLOPE = 0.15
"""Where a dB of gain brings less loudness than this, the sound is all peaks, and more would only distort it."""
CLOSE_ENOUGH_LU = 0.2
"""Of a measurement through the limiter."""
CORRECTED_FROM_LU = 0.7
"""A finished file this far off has its sound encoded again; one LU is what is promised."""
MOST_GAIN_DB = 60.0
"""More is never needed above `SILENT_BELOW_LUFS`, and a limiter cannot make use of it."""


@dataclass(frozen=True)
class Measured:
    """One measurement."""

    loudness_lufs: float
    true_peak_dbtp: float
    """Of sound that no limiter has seen yet: its highest sample, which is enough to tell whether it needs one."""


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
    loudness_lufs: float = 0.0
    """Where it brings the sound, before that is encoded."""
    falls_short: bool = False
    """True where the sound is silent or its peaks forbid the loudness asked for."""


def read_measurement(file: Path) -> Measured:
    """Read what the meter wrote; its last figures are those of the whole."""
    told: dict[str, str] = {}
    for line in file.read_text().splitlines():
        key, _, value = line.partition("=")
        told[key] = value
    peak = float(told.get("lavfi.r128.true_peak") or told.get("lavfi.r128.sample_peak", "0"))
    return Measured(float(told.get("lavfi.r128.I", "-70")), decibels(peak))


def find_mastering(target: Target, raw: Measured, measure: Callable[[Mastering], Measured]) -> Mastering:
    """Return what brings the `raw` sound to its target; `measure` measures it through the chain that is encoded."""
    ceiling_db = target.true_peak_dbtp - HEADROOM_DB
    if raw.loudness_lufs < SILENT_BELOW_LUFS:
        ceiling = ceiling_db if raw.true_peak_dbtp > ceiling_db else None
        return Mastering(0.0, ceiling, raw.loudness_lufs, falls_short=True)
    gain_db = target.loudness_lufs - raw.loudness_lufs
    if raw.true_peak_dbtp + gain_db <= ceiling_db:
        return Mastering(gain_db, None, target.loudness_lufs)
    return _through_limiter(target, measure, gain_db, ceiling_db)


def is_met(target: Target, used: Mastering, finished: Measured) -> bool:
    """Return whether a finished file is as asked, as far as its sound allows."""
    off = finished.loudness_lufs - target.loudness_lufs
    loud_enough = used.falls_short or off >= -CORRECTED_FROM_LU
    return finished.true_peak_dbtp < target.true_peak_dbtp and loud_enough and off <= CORRECTED_FROM_LU


def corrected(
    target: Target, measure: Callable[[Mastering], Measured], used: Mastering, finished: Measured
) -> Mastering:
    """Return a mastering that makes up for what encoding did: AAC raises peaks, and takes the top off noise."""
    ceiling_db = used.ceiling_db
    if finished.true_peak_dbtp >= target.true_peak_dbtp:
        ceiling_db = target.true_peak_dbtp - HEADROOM_DB if ceiling_db is None else ceiling_db
        ceiling_db -= finished.true_peak_dbtp - target.true_peak_dbtp + HEADROOM_DB / 4
    if used.falls_short:
        return Mastering(used.gain_db, ceiling_db, used.loudness_lufs, falls_short=True)
    lost = target.loudness_lufs - finished.loudness_lufs
    aim = Target(used.loudness_lufs + lost, target.true_peak_dbtp)
    start_db = target.true_peak_dbtp - HEADROOM_DB if ceiling_db is None else ceiling_db
    return _through_limiter(aim, measure, used.gain_db + lost, start_db)


def _through_limiter(
    target: Target, measure: Callable[[Mastering], Measured], gain_db: float, ceiling_db: float
) -> Mastering:
    best = Mastering(gain_db, ceiling_db, falls_short=True)
    slope = 1.0
    for tries in range(MEASURINGS):
        gain_db = min(gain_db, MOST_GAIN_DB)
        heard = measure(Mastering(gain_db, ceiling_db))
        # The limiter looks at samples; what lies between them may be higher, so its ceiling makes up for it.
        excess_db = heard.true_peak_dbtp - (target.true_peak_dbtp - HEADROOM_DB)
        shortfall = target.loudness_lufs - heard.loudness_lufs
        short = shortfall > CLOSE_ENOUGH_LU
        if tries and gain_db > best.gain_db:
            slope = (heard.loudness_lufs - best.loudness_lufs) / (gain_db - best.gain_db)
        best = Mastering(gain_db, ceiling_db, heard.loudness_lufs, falls_short=short)
        if excess_db > HEADROOM_DB / 2:
            ceiling_db -= excess_db
        elif abs(shortfall) <= CLOSE_ENOUGH_LU or (short and slope < WORTHWHILE_SLOPE):
            break
        gain_db += shortfall / min(1.0, max(slope, WORTHWHILE_SLOPE))
    return best
