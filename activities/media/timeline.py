"""A cut, decided: which clips are seen where and heard, segment by segment, down to the frame.

A recipe says what is shown (`Shot`); `timeline_of` decides the rest, the same way for every recipe: frame rate, frames
and samples of each segment, and whether pictures are copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from activities.media.footage import Footage
from activities.media.port import Composition
from activities.media.profile import SAMPLE_RATE_HZ, can_be_joined, common_rate, conforms

COPY_TOLERANCE = timedelta(milliseconds=60)
"""A clip this near to its planned length is copied as it is; three of them stay within the 0.2 s of a cut."""
TRIED_FRAMES = 40
"""Of a clip that is tried out: enough to fill every queue, so that its memory is that of the whole."""


@dataclass(frozen=True)
class Clip:
    """One file of a composition, probed."""

    name: str
    """Its plain name in the working folder."""
    footage: Footage


@dataclass(frozen=True)
class Box:
    """A part of the picture; offsets and sizes are even, since colour is stored for two pixels at once."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Layer:
    """A clip that is seen in a part of the picture, which it fills; what sticks out is cut off."""

    clip: Clip
    box: Box


@dataclass(frozen=True)
class Shot:
    """What is seen and heard for a while: what a recipe decides."""

    layers: tuple[Layer, ...]
    """At least one; a later one covers an earlier one."""
    heard: Clip
    """The clip whose sound it has, which may be silence."""
    length: timedelta | None = None
    """To which its clips are cut or held; None is the own length of the first layer's clip."""


@dataclass(frozen=True)
class Segment:
    """A shot's place in the cut."""

    number: int
    layers: tuple[Layer, ...]
    heard: Clip
    frames: int
    """Exactly as many it fills."""
    samples: int

    @property
    def encoded(self) -> str:
        """The name of its picture, encoded for the cut."""
        return f"s{self.number}.encoded.mp4"

    @property
    def clips(self) -> tuple[Clip, ...]:
        """All clips that it is made of."""
        return (*(layer.clip for layer in self.layers), self.heard)


@dataclass(frozen=True)
class Timeline:
    """A cut, decided down to the frame."""

    segments: tuple[Segment, ...]
    width_px: int
    height_px: int
    rate: Fraction
    copy_picture: bool
    watermark: bool
    title: str

    @property
    def length(self) -> timedelta:
        """Playing time."""
        return timedelta(seconds=float(self.frames / self.rate))

    @property
    def frames(self) -> int:
        """All of its frames."""
        return sum(segment.frames for segment in self.segments)

    def of(self, segment: Segment) -> "Timeline":
        """Return the timeline of one segment alone."""
        return replace(self, segments=(segment,))

    def tried(self) -> "Timeline":
        """Return the same with no more than the beginning of each segment."""
        shortened = [
            replace(segment, frames=frames, samples=round(frames / self.rate * SAMPLE_RATE_HZ))
            for segment in self.segments
            for frames in (min(segment.frames, TRIED_FRAMES),)
        ]
        return replace(self, segments=tuple(shortened))


def timeline_of(shots: Sequence[Shot], composition: Composition, most_bytes: int) -> Timeline:
    """Decide rate, frames and samples of a cut, and whether its picture is copied.

    `most_bytes` is what a cut may weigh: footage of more is encoded, which makes it lighter.
    """
    lengths = [_length_of(shot) for shot in shots]
    copied = composition.watermark is None and _can_be_copied(shots, lengths, composition, most_bytes)
    rate = common_rate([layer.clip.footage for shot in shots for layer in shot.layers])
    frames = [
        shot.layers[0].clip.footage.frames if copied else max(1, round(length * rate))
        for shot, length in zip(shots, lengths, strict=True)
    ]
    return Timeline(
        segments=_segments(shots, frames, rate),
        width_px=composition.width_px,
        height_px=composition.height_px,
        rate=rate,
        copy_picture=copied,
        watermark=composition.watermark is not None,
        title="".join(letter for letter in composition.title if letter.isprintable()),
    )


def _length_of(shot: Shot) -> Fraction:
    if shot.length is None:
        return Fraction(shot.layers[0].clip.footage.duration_s)
    return Fraction(shot.length / timedelta(microseconds=1)) / 1_000_000


def _can_be_copied(
    shots: Sequence[Shot], lengths: Sequence[Fraction], composition: Composition, most_bytes: int
) -> bool:
    """Return whether every shot is one clip that is already as it would be delivered."""
    whole = Box(0, 0, composition.width_px, composition.height_px)
    if not all(len(shot.layers) == 1 and shot.layers[0].box == whole for shot in shots):
        return False
    footage = [shot.layers[0].clip.footage for shot in shots]
    return (
        can_be_joined(footage)
        and sum(clip.size_bytes for clip in footage) < most_bytes
        and all(conforms(clip, whole.width_px, whole.height_px) for clip in footage)
        and all(
            abs(clip.duration_s - length) <= COPY_TOLERANCE.total_seconds()
            for clip, length in zip(footage, lengths, strict=True)
        )
    )


def _segments(shots: Sequence[Shot], frames: Sequence[int], rate: Fraction) -> tuple[Segment, ...]:
    """Give each shot as many samples as its frames last, counted from the start so that no rounding adds up."""
    segments: list[Segment] = []
    shown = 0
    for number, (shot, count) in enumerate(zip(shots, frames, strict=True)):
        start, shown = shown, shown + count
        samples = round(shown / rate * SAMPLE_RATE_HZ) - round(start / rate * SAMPLE_RATE_HZ)
        segments.append(Segment(number, shot.layers, shot.heard, count, samples))
    return tuple(segments)
