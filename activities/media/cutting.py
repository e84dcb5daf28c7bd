"""One cut being made: the sound joined and measured, each clip encoded, all joined, checked, and put right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from activities.media import cut_args
from activities.media.footage import Footage
from activities.media.loudness import (
    Mastering,
    Measured,
    Target,
    corrected,
    find_mastering,
    is_met,
    read_measurement,
)
from activities.media.port import Composition
from activities.media.probe import Names, Probe, decibels, name_of
from activities.media.profile import flaws
from activities.media.runner import Call, Runner
from activities.media.timeline import Clip, Segment, Timeline
from activities.media.workplace import Workplace
from schema.failure import Fault, Trouble

LOUDNESS_TOLERANCE_LU = 1.0
LENGTH_TOLERANCE = timedelta(milliseconds=50)
REMASTERINGS = 3
"""How often the sound is encoded again because encoding changed its loudness or its peaks too much."""
_GATHERED, _ENCODED, _JOINED = 0.05, 0.95, 0.99
"""Of a composition's progress."""


@dataclass(frozen=True)
class CutMaterial:
    """A timeline and the files it is made of."""

    timeline: Timeline
    files: Mapping[str, Path]
    """By the plain names of their clips."""
    watermark: Path | None
    names: Names
    """What a person calls the files."""

    def lay_out(self, place: Workplace) -> None:
        """Give each file a plain name in the working folder, so that no text of a user's reaches ffmpeg."""
        for name in {clip.name: None for segment in self.timeline.segments for clip in segment.clips}:
            (place.folder / name).symlink_to(self.files[name].absolute())
        if self.watermark is not None:
            (place.folder / cut_args.WATERMARK).symlink_to(self.watermark.absolute())
        (place.folder / cut_args.LIST).write_text(cut_args.list_text(self.timeline))

    def name_of(self, *clips: Clip) -> str:
        """Return what a person calls the files of clips."""
        names = {repr(name_of(self.files[clip.name], self.names)): None for clip in clips}
        return " and ".join(names)


class Cutting:
    """The steps of a cut, in its own working folder."""

    def __init__(
        self,
        probe: Probe,
        runner: Runner,
        material: CutMaterial,
        place: Workplace,
        on_progress: Callable[[float], None],
    ) -> None:
        self._probe = probe
        self._runner = runner
        self._material = material
        self._timeline = material.timeline
        self._place = place
        self._tell = on_progress
        material.lay_out(place)

    def make(self, asked: Composition) -> tuple[Path, Footage]:
        """Return the checked file, still under its temporary name, and its facts."""
        target = Target(asked.loudness_lufs, asked.true_peak_dbtp)
        raw = self._gather(self._timeline)
        mastering = find_mastering(target, raw, self._measure)
        self._encode_all()
        made, spare = self._place.parts[:2]
        self._run(
            "join the clips", cut_args.joining_args(self._timeline, mastering, str(made)), (_ENCODED, _JOINED)
        )
        finished = self._probe.measure(made)
        for _ in range(REMASTERINGS):
            heard = Measured(finished.loudness_lufs, decibels(finished.true_peak))
            if is_met(target, mastering, heard):
                break
            mastering = corrected(target, self._measure, mastering, heard)
            (self._place.folder / "made.mp4").unlink(missing_ok=True)
            (self._place.folder / "made.mp4").symlink_to(made)
            args = cut_args.remastering_args(self._timeline, mastering, "made.mp4", str(spare))
            self._run("encode the sound", args, (_JOINED, _JOINED))
            made, spare = spare, made
            finished = self._probe.measure(made)
        self._check(finished, mastering, asked)
        return made, finished

    def try_out(self) -> None:
        """Make the pictures and the sound as they would be made for the cut, also where a copy would do."""
        self._gather(self._timeline)
        for segment in self._timeline.segments:
            self._encode(segment, (0.0, 1.0))

    def _gather(self, timeline: Timeline) -> Measured:
        alone = timeline.segments[0] if len(timeline.segments) == 1 else None
        try:
            purpose = (
                f"read the sound of {self._material.name_of(alone.heard)}" if alone else "join the sounds"
            )
            self._run(purpose, cut_args.gathering_args(timeline), (0.0, _GATHERED), timeline.length)
        except Trouble as trouble:
            if alone is None and trouble.fault is Fault.BAD_MEDIA:
                for segment in timeline.segments:  # alone, each answers for itself
                    self._gather(timeline.of(segment))
            raise
        return read_measurement(self._place.folder / cut_args.MEASURED)

    def _measure(self, tried: Mastering) -> Measured:
        args = cut_args.measuring_args(self._timeline, tried)
        self._run("measure the sound", args, (_GATHERED, _GATHERED))
        return read_measurement(self._place.folder / cut_args.MEASURED)

    def _encode_all(self) -> None:
        done = 0
        for segment in () if self._timeline.copy_picture else self._timeline.segments:
            bounds = [
                _GATHERED + (_ENCODED - _GATHERED) * frames / self._timeline.frames
                for frames in (done, done + segment.frames)
            ]
            self._encode(segment, (bounds[0], bounds[1]))
            done += segment.frames

    def _encode(self, segment: Segment, share: tuple[float, float]) -> None:
        names = self._material.name_of(*(layer.clip for layer in segment.layers))
        purpose = f"bring {names} into the cut"
        length = self._timeline.of(segment).length
        self._run(purpose, cut_args.encoding_args(self._timeline, segment), share, length)

    def _run(
        self, purpose: str, args: list[str], share: tuple[float, float], length: timedelta | None = None
    ) -> None:
        begin, end = share
        call = Call(args, self._place.folder, length or self._timeline.length, purpose)
        self._runner.run(call, lambda done: self._tell(begin + done * (end - begin)))

    def _check(self, finished: Footage, mastering: Mastering, asked: Composition) -> None:
        found = flaws(finished, asked.width_px, asked.height_px)
        planned = self._timeline.length
        if abs(timedelta(seconds=finished.duration_s) - planned) > LENGTH_TOLERANCE:
            found.append(f"it is {finished.duration_s:.2f} s long and not {planned.total_seconds():.2f} s")
        if finished.frames != self._timeline.frames:
            found.append(f"it has {finished.frames} frames and not {self._timeline.frames}")
        if decibels(finished.true_peak) >= asked.true_peak_dbtp:
            found.append(f"its true peak is {decibels(finished.true_peak):.1f} dBTP")
        off = finished.loudness_lufs - asked.loudness_lufs
        if off > LOUDNESS_TOLERANCE_LU or (off < -LOUDNESS_TOLERANCE_LU and not mastering.falls_short):
            found.append(f"its loudness is {finished.loudness_lufs:.1f} LUFS")
        if found:
            raise Trouble(
                Fault.BAD_MEDIA,
                f"the finished cut failed its check: {'; '.join(found)}; run it again, and report it if it fails again",
            )
