"""The editor: looks at clips and makes cuts, with the packaged ffmpeg."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta
from pathlib import Path

from activities.media.binary import ffmpeg_path
from activities.media.cut_args import WATERMARK_RIGHT_PX, WATERMARK_TOP_PX
from activities.media.cutting import CutMaterial, Cutting
from activities.media.guard_client import MIB, GuardClient
from activities.media.inputs import clips_of, files_of, inputs_of
from activities.media.port import Checking, ClipFacts, Composed, Composition
from activities.media.probe import Probe, clip_facts, decibels, name_of
from activities.media.recipes import recipe_named
from activities.media.runner import Call, Runner, disk_full
from activities.media.thumbnail import thumbnail_args
from activities.media.timeline import Clip, Timeline, timeline_of
from activities.media.workplace import trial_place, workplace
from schema.failure import Fault, Trouble

LARGEST_FILE_BYTES = 2048 * MIB
"""Quarter of an hour at the highest bitrate we encode with, and then some."""
LONGEST_CUT = timedelta(minutes=15)
"""Reels take no more (media.md section 5)."""
SHORTEST_CUT = timedelta(seconds=1)
"""Less is over before it was seen."""


class FfmpegEditor:
    """Implements `port.Editor`. Thread-safe; `close` ends its guard, and so does the end of the process."""

    def __init__(self, ffmpeg: Path | None = None, *, largest_file_bytes: int = LARGEST_FILE_BYTES) -> None:
        """`ffmpeg` is a system's own to use; None is the packaged one."""
        self._guard = GuardClient()
        self._probe = Probe(self._guard)
        self._largest_file_bytes = largest_file_bytes
        self._runner = Runner(self._guard, ffmpeg_path(ffmpeg), largest_file_bytes)

    def close(self) -> None:
        """End the guard process and whatever runs under it."""
        self._guard.close()

    def inspect(
        self, clip: Path, name: str | None = None, on_progress: Callable[[], None] = lambda: None
    ) -> ClipFacts:
        """See `port.Editor`."""
        return clip_facts(self._probe.decode(clip, {clip: name} if name else {}, on_progress))

    def check(
        self,
        composition: Composition,
        on_progress: Callable[[Checking], None] = lambda _: None,
        *,
        besides: timedelta = timedelta(0),
    ) -> None:
        """See `port.Editor`."""
        clips = self._looked_at(composition)
        timeline = self._planned(composition, clips)
        _check_longest(timeline.length + besides)
        _check_shortest(timeline.length + besides)
        untried, decoded = list(timeline.tried().segments), set[str]()
        for number, (clip, file) in enumerate(clips.items(), 1):
            step = Checking(file=file, number=number, count=len(clips))
            on_progress(step)
            self._probe.decode(file, composition.names, lambda step=step: on_progress(step))
            decoded.add(clip.name)
            for segment in [one for one in untried if {part.name for part in one.clips} <= decoded]:
                untried.remove(segment)
                alone = _material(timeline.tried().of(segment), clips, composition)
                self._try_out(alone, lambda _, step=step: on_progress(step))

    def compose(
        self, composition: Composition, to: Path, on_progress: Callable[[float], None] = lambda _: None
    ) -> Composed:
        """See `port.Editor`."""
        on_progress(0.0)
        clips = self._looked_at(composition)
        if not clips:
            raise Trouble(Fault.BAD_INPUT, "there are no clips to compose: bring at least one")
        timeline = self._planned(composition, clips)
        _check_longest(timeline.length)
        material = _material(timeline, clips, composition)
        with _disk_full_said(to), workplace(self._guard, to) as place:
            cutting = Cutting(self._probe, self._runner, material, place, on_progress)
            made, finished = cutting.make(composition)
            size_bytes, sha256 = _fingerprint(made)
            os.replace(made, to)
        on_progress(1.0)
        return Composed(
            facts=clip_facts(finished),
            sha256=sha256,
            size_bytes=size_bytes,
            loudness_lufs=finished.loudness_lufs,
            true_peak_dbtp=round(decibels(finished.true_peak), 2),
            copied_picture=timeline.copy_picture,
        )

    def thumbnail(self, video: Path, to: Path, at: timedelta = timedelta(seconds=2)) -> None:
        """See `port.Editor`. A moment beyond the end becomes the middle."""
        (footage,) = self._probe.look([video], {})
        with _disk_full_said(to), workplace(self._guard, to) as place:
            (place.folder / "video").symlink_to(video.absolute())
            made = place.part(".jpg")
            args = thumbnail_args("video", footage, at, str(made))
            self._runner.run(Call(args, place.folder, timedelta(seconds=1), "make the thumbnail"))
            os.replace(made, to)

    def _looked_at(self, composition: Composition) -> dict[Clip, Path]:
        """Look at every file, refuse what is of no use, and return the clips with their files, in order."""
        files = files_of(composition)
        footage = self._probe.look(files, composition.names) if files else []
        if composition.watermark is not None:
            self._check_watermark(composition.watermark, composition)
        return dict(zip(clips_of(footage), files, strict=True))

    def _planned(self, composition: Composition, clips: Mapping[Clip, Path]) -> Timeline:
        """Decide the cut, by its recipe."""
        shots = recipe_named(composition.recipe)(composition, inputs_of(composition, tuple(clips)))
        return timeline_of(shots, composition, self._largest_file_bytes)

    def _check_watermark(self, watermark: Path, composition: Composition) -> None:
        width_px, height_px = self._probe.look_at_png(watermark, composition.names)
        room = (
            composition.width_px - WATERMARK_RIGHT_PX,
            composition.height_px - WATERMARK_TOP_PX,
        )
        if width_px > room[0] or height_px > room[1]:
            raise Trouble(
                Fault.BAD_INPUT,
                f"the watermark {name_of(watermark, composition.names)!r} is {width_px}x{height_px} pixels and does "
                f"not fit the picture: save it at {room[0]}x{room[1]} or less",
            )

    def _try_out(self, alone: CutMaterial, on_progress: Callable[[float], None]) -> None:
        try:
            with trial_place(self._guard) as place:
                Cutting(self._probe, self._runner, alone, place, on_progress).try_out()
        except Trouble as trouble:
            if trouble.fault is Fault.BAD_MEDIA:
                raise Trouble(Fault.BAD_FOOTAGE, str(trouble)) from trouble
            raise


def _material(timeline: Timeline, clips: Mapping[Clip, Path], composition: Composition) -> CutMaterial:
    files = {clip.name: file for clip, file in clips.items()}
    return CutMaterial(timeline, files, composition.watermark, composition.names)


def _check_longest(length: timedelta) -> None:
    """Refuse a cut that no platform takes."""
    if length > LONGEST_CUT:
        minutes, seconds = divmod(round(length.total_seconds()), 60)
        raise Trouble(
            Fault.BAD_FOOTAGE,
            f"all of it together lasts {minutes}:{seconds:02d}, and {LONGEST_CUT.seconds // 60} minutes are "
            "the most: leave some clips out or cut them",
        )


def _check_shortest(length: timedelta) -> None:
    """Refuse a cut that is over before it was seen; nothing at all to check is none."""
    if timedelta(0) < length < SHORTEST_CUT:
        raise Trouble(
            Fault.BAD_FOOTAGE,
            f"all of it together lasts {length.total_seconds():.2f} s, and {SHORTEST_CUT.seconds} s is the "
            "least: bring more or longer clips",
        )


def _fingerprint(made: Path) -> tuple[int, str]:
    """Put a file on the disk for good, and return its size and SHA-256."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _disk_full_said(to: Path) -> Generator[None]:
    """Turn our own full-disk errors into the trouble they are."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(f"could not write {to.name!r}") from error
        raise
