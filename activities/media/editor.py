"""The editor: looks at clips and makes cuts, with the packaged ffmpeg."""

import contextlib
import errno
import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from activities.media import sequence
from activities.media.binary import ffmpeg_path
from activities.media.footage import Footage
from activities.media.guard import MIB, Guard
from activities.media.loudness import (
    Mastering,
    Measured,
    Target,
    corrected,
    find_mastering,
    is_met,
    read_measurement,
)
from activities.media.port import ClipFacts, Composed, Composition
from activities.media.probe import Probe, clip_facts, decibels
from activities.media.profile import flaws
from activities.media.runner import Call, Runner, disk_full
from activities.media.thumbnail import thumbnail_args
from schema.failure import Fault, Trouble

LOUDNESS_TOLERANCE_LU = 1.0
LENGTH_TOLERANCE = timedelta(milliseconds=50)
REMASTERINGS = 3
"""How often the sound is encoded again because encoding changed its loudness or its peaks too much."""
STALE_AFTER_S = 3600
"""A half file this old belongs to a run that died together with its guard."""
_MEASURING_SHARE = 0.05
"""Of a composition's progress."""


class FfmpegEditor:
    """Implements `port.Editor`. Thread-safe; `close` ends its guard, and so does the end of the process."""

    def __init__(self, ffmpeg: Path | None = None, *, largest_file_bytes: int = 1024 * MIB) -> None:
        """`ffmpeg` is a system's own to use; None is the packaged one."""
        self._guard = Guard()
        self._probe = Probe(self._guard)
        self._runner = Runner(self._guard, ffmpeg_path(ffmpeg), largest_file_bytes)

    def close(self) -> None:
        """End the guard process and whatever runs under it."""
        self._guard.close()

    def inspect(self, clip: Path) -> ClipFacts:
        """See `port.Editor`."""
        return clip_facts(self._probe.decode(clip))

    def compose(
        self, composition: Composition, to: Path, on_progress: Callable[[float], None] = lambda _: None
    ) -> Composed:
        """See `port.Editor`."""
        on_progress(0.0)
        files = sequence.files_of(composition)
        if not files:
            raise Trouble(Fault.BAD_INPUT, "there are no clips to compose: bring at least one")
        plan = sequence.make_plan(composition, self._probe.look(*files))
        if composition.watermark is not None:
            self._check_watermark(composition.watermark, composition)
        with _no_room_said(to), self._workplace(to) as place:
            _lay_out(place, plan, files, composition.watermark)
            cutting = _Cutting(self._probe, self._runner, plan, place, composition)
            made, finished = cutting.make(on_progress)
            size_bytes, sha256 = _fingerprint(made)
            os.replace(made, to)
        on_progress(1.0)
        return Composed(
            facts=clip_facts(finished),
            sha256=sha256,
            size_bytes=size_bytes,
            loudness_lufs=finished.loudness_lufs,
            true_peak_dbtp=round(decibels(finished.true_peak), 2),
            copied_picture=plan.copy_picture,
        )

    def thumbnail(self, video: Path, to: Path, at: timedelta = timedelta(seconds=2)) -> None:
        """See `port.Editor`. A moment beyond the end becomes the middle."""
        (footage,) = self._probe.look(video)
        with _no_room_said(to), self._workplace(to) as place:
            (place.folder / "video").symlink_to(video.absolute())
            made = place.part(".jpg")
            args = thumbnail_args("video", footage, at, str(made))
            self._runner.run(Call(args, place.folder, timedelta(seconds=1), "make the thumbnail"))
            os.replace(made, to)

    def _check_watermark(self, watermark: Path, composition: Composition) -> None:
        found = self._probe.look_at_picture(watermark)
        room = (
            composition.width_px - sequence.WATERMARK_RIGHT_PX,
            composition.height_px - sequence.WATERMARK_TOP_PX,
        )
        if found.width_px > room[0] or found.height_px > room[1]:
            raise Trouble(
                Fault.BAD_INPUT,
                f"the watermark {watermark.name!r} is {found.width_px}x{found.height_px} pixels and does not fit the "
                f"picture: save it at {room[0]}x{room[1]} or less",
            )

    @contextlib.contextmanager
    def _workplace(self, to: Path) -> Generator["_Workplace"]:
        """Give a working folder and names beside the target, and leave nothing of either behind."""
        target = to.absolute()
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        with tempfile.TemporaryDirectory(prefix="reelwright-") as folder:
            place = _Workplace(Path(folder), target, secrets.token_hex(4))
            try:
                with self._guard.leavings(place.folder, *place.parts):
                    yield place
            finally:
                for part in place.parts:
                    part.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Workplace:
    """Where one composition works."""

    folder: Path
    target: Path
    mark: str
    """Its own: an attempt that counts as lost may still be writing."""

    def part(self, ending: str) -> Path:
        """A half file's name, on the target's disk so that the rename is one step."""
        return self.target.with_name(f"{self.target.stem}.{self.mark}.part{ending}")

    @property
    def parts(self) -> tuple[Path, ...]:
        """All half files there may be."""
        return (self.part(".mp4"), self.part("2.mp4"), self.part(".jpg"))


class _Cutting:
    """One cut being made: measure, encode, check, and encode the sound again where it came out wrong."""

    def __init__(
        self, probe: Probe, runner: Runner, plan: sequence.Plan, place: _Workplace, asked: Composition
    ) -> None:
        self._probe = probe
        self._runner = runner
        self._plan = plan
        self._place = place
        self._asked = asked
        self._target = Target(asked.loudness_lufs, asked.true_peak_dbtp)

    def make(self, on_progress: Callable[[float], None]) -> tuple[Path, Footage]:
        """Return the checked file, still under its temporary name, and its facts."""
        mastering = find_mastering(
            self._target, lambda tried: self._measure(tried, lambda _: on_progress(0.0))
        )
        made, spare = self._place.parts[:2]
        args = sequence.composing_args(self._plan, mastering, str(made))
        self._encode(args, lambda share: on_progress(_MEASURING_SHARE + share * (0.99 - _MEASURING_SHARE)))

        def keep_going(_: float) -> None:
            on_progress(0.99)

        finished = self._probe.measure(made)
        for _ in range(REMASTERINGS):
            heard = Measured(finished.loudness_lufs, decibels(finished.true_peak))
            if is_met(self._target, mastering, heard):
                break
            mastering = corrected(
                self._target, lambda tried: self._measure(tried, keep_going), mastering, heard
            )
            (self._place.folder / "made.mp4").unlink(missing_ok=True)
            (self._place.folder / "made.mp4").symlink_to(made)
            self._encode(sequence.remastering_args(self._plan, mastering, "made.mp4", str(spare)), keep_going)
            made, spare = spare, made
            finished = self._probe.measure(made)
        self._check(finished, mastering)
        return made, finished

    def _measure(self, tried: Mastering, on_progress: Callable[[float], None]) -> Measured:
        args = sequence.measuring_args(self._plan, tried)
        self._runner.run(Call(args, self._place.folder, self._plan.length, "measure the sound"), on_progress)
        return read_measurement(self._place.folder / sequence.MEASURED)

    def _encode(self, args: list[str], on_progress: Callable[[float], None]) -> None:
        self._runner.run(Call(args, self._place.folder, self._plan.length, "make the cut"), on_progress)

    def _check(self, finished: Footage, mastering: Mastering) -> None:
        found = flaws(finished, self._asked.width_px, self._asked.height_px)
        planned = self._plan.length
        if abs(timedelta(seconds=finished.duration_s) - planned) > LENGTH_TOLERANCE:
            found.append(f"it is {finished.duration_s:.2f} s long and not {planned.total_seconds():.2f} s")
        if decibels(finished.true_peak) >= self._target.true_peak_dbtp:
            found.append(f"its true peak is {decibels(finished.true_peak):.1f} dBTP")
        off = finished.loudness_lufs - self._target.loudness_lufs
        if off > LOUDNESS_TOLERANCE_LU or (off < -LOUDNESS_TOLERANCE_LU and not mastering.falls_short):
            found.append(f"its loudness is {finished.loudness_lufs:.1f} LUFS")
        if found:
            raise Trouble(
                Fault.BAD_MEDIA,
                f"the finished cut failed its check: {'; '.join(found)}; run it again, and report it if it fails again",
            )


def _lay_out(place: _Workplace, plan: sequence.Plan, files: list[Path], watermark: Path | None) -> None:
    """Give each file a plain name in the working folder, so that no text of a user's reaches ffmpeg."""
    for segment, file in zip(plan.segments, files, strict=True):
        (place.folder / segment.name).symlink_to(file.absolute())
    if watermark is not None:
        (place.folder / sequence.WATERMARK).symlink_to(watermark.absolute())
    if plan.copy_picture:
        (place.folder / sequence.LIST).write_text(sequence.list_text(plan))


def _fingerprint(made: Path) -> tuple[int, str]:
    """Put a file on the disk for good, and return its size and SHA-256."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(target: Path) -> None:
    """Remove half files of this target that nobody can still be writing."""
    for part in target.parent.glob(f"{_literal(target.stem)}.????????.part*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > STALE_AFTER_S:
                part.unlink()


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


@contextlib.contextmanager
def _no_room_said(to: Path) -> Generator[None]:
    """Turn our own full-disk errors into the trouble they are."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(f"could not write {to.name!r}") from error
        raise
