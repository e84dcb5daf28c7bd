"""The sequence recipe: clips in order, with intro, outro and watermark, in one encode or none (media.md 3.1).

Each clip that must be encoded is encoded by itself, and the segments are joined as they are. So memory is that of
one clip, however many there are, and no frame is encoded twice. The sound of all is joined into one WAV, which is
measured, mastered and encoded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from activities.media import graph
from activities.media.footage import Footage, declared_colour, must_be_mixed_evenly
from activities.media.loudness import Mastering
from activities.media.port import Composition
from activities.media.probe import MISSING_SHARE
from activities.media.profile import (
    AUDIO_ARGS,
    CONTAINER_ARGS,
    SAMPLE_RATE_HZ,
    SEGMENT_ARGS,
    can_be_joined,
    common_rate,
    conforms,
    copy_args,
    video_args,
)

WATERMARK_RIGHT_PX = 24
WATERMARK_TOP_PX = 96
COPY_TOLERANCE = timedelta(milliseconds=60)
"""A clip this near to its planned length is copied as it is; three of them stay within the 0.2 s of a cut."""
AAC_PRIMING_SAMPLES = 1024
"""What the encoder puts in front. Without an edit list it is heard, so as much is left out of the first clip's
sound, and picture and sound stay together."""
LIST = "list.ffconcat"
WATERMARK = "watermark.png"
MEASURED = "r128.txt"
SOUND = "sound.wav"
LONGEST_CUT = timedelta(minutes=15)
"""Reels take no more (media.md section 5)."""
SHORTEST_CUT = timedelta(seconds=1)
"""Less is over before it was seen."""
TRIED_FRAMES = 40
"""Of a clip that is tried out: enough to fill every queue, so that its memory is that of the whole."""


@dataclass(frozen=True)
class Segment:
    """One clip's place in the cut."""

    name: str
    """Its plain name in the working folder."""
    footage: Footage
    frames: int
    """Exactly as many it fills."""
    samples: int

    @property
    def encoded(self) -> str:
        """The name of its picture, encoded for the cut."""
        return f"{self.name.partition('.')[0]}.encoded.mp4"

    @property
    def source(self) -> graph.Source:
        """How to open it."""
        return graph.Source(self.name, self.footage.container)


@dataclass(frozen=True)
class Plan:
    """A cut, decided down to the frame."""

    segments: tuple[Segment, ...]
    frame: graph.Frame
    copy_picture: bool
    watermark: bool
    title: str

    @property
    def length(self) -> timedelta:
        """Playing time."""
        return timedelta(seconds=float(self.frames / self.frame.rate))

    @property
    def frames(self) -> int:
        """All of its frames."""
        return sum(segment.frames for segment in self.segments)

    def of(self, segment: Segment) -> "Plan":
        """Return the plan of one segment alone."""
        return replace(self, segments=(segment,))

    def tried(self) -> "Plan":
        """Return the same plan with no more than the beginning of each clip."""
        shortened = [
            replace(segment, frames=frames, samples=round(frames / self.frame.rate * SAMPLE_RATE_HZ))
            for segment in self.segments
            for frames in (min(segment.frames, TRIED_FRAMES),)
        ]
        return replace(self, segments=tuple(shortened))


def files_of(composition: Composition) -> list[Path]:
    """Return the intro, the clips and the outro in the order they are shown."""
    around = [composition.intro], composition.clips, [composition.outro]
    return [file for part in around for file in part if file is not None]


def make_plan(composition: Composition, footage: Sequence[Footage], most_bytes: int) -> Plan:
    """Decide lengths, frame rate, and whether the picture is copied. `footage` is that of `files_of`.

    `most_bytes` is what a cut may weigh: footage of more is encoded, which makes it lighter.
    """
    width_px, height_px = composition.width_px, composition.height_px
    first = 1 if composition.intro else 0
    own_length = [not first <= place < first + len(composition.clips) for place in range(len(footage))]
    lengths = [
        Fraction(clip.duration_s)
        if own or composition.clip_duration is None
        else Fraction(composition.clip_duration / timedelta(microseconds=1)) / 1_000_000
        for clip, own in zip(footage, own_length, strict=True)
    ]
    copied = (
        composition.watermark is None
        and can_be_joined(footage)
        and sum(clip.size_bytes for clip in footage) < most_bytes
        and all(conforms(clip, width_px, height_px) for clip in footage)
        and all(
            abs(clip.duration_s - length) <= COPY_TOLERANCE.total_seconds()
            for clip, length in zip(footage, lengths, strict=True)
        )
    )
    rate = common_rate(footage)
    frames = [
        clip.frames if copied else max(1, round(length * rate))
        for clip, length in zip(footage, lengths, strict=True)
    ]
    return Plan(
        segments=_segments(footage, frames, rate),
        frame=graph.Frame(width_px, height_px, rate),
        copy_picture=copied,
        watermark=composition.watermark is not None,
        title="".join(letter for letter in composition.title if letter.isprintable()),
    )


def _segments(footage: Sequence[Footage], frames: Sequence[int], rate: Fraction) -> tuple[Segment, ...]:
    """Give each clip as many samples as its frames last, counted from the start so that no rounding adds up."""
    segments: list[Segment] = []
    shown = 0
    for place, (clip, count) in enumerate(zip(footage, frames, strict=True)):
        start, shown = shown, shown + count
        samples = round(shown / rate * SAMPLE_RATE_HZ) - round(start / rate * SAMPLE_RATE_HZ)
        extension = "mp4" if clip.container == "mov" else "mkv"
        segments.append(Segment(f"c{place}.{extension}", clip, count, samples))
    return tuple(segments)


def list_text(plan: Plan) -> str:
    """Return the list of pictures to join: our own plain names, and lengths of our own counting."""
    lines = ["ffconcat version 1.0"]
    for segment in plan.segments:
        seconds = float(segment.frames / plan.frame.rate)
        lines += [f"file {segment.name if plan.copy_picture else segment.encoded}", f"duration {seconds:.6f}"]
    return "\n".join(lines) + "\n"


def gathering_args(plan: Plan) -> list[str]:
    """Return the arguments that join the sound of all clips into `SOUND`, and measure it."""
    return [
        "-copyts",
        *graph.measure(_joined_sound(plan), into=MEASURED, true_peak=False, to=SOUND),
    ]


def measuring_args(plan: Plan, mastering: Mastering) -> list[str]:
    """Return the arguments that measure the joined sound through the chain that will be encoded."""
    return graph.measure(_mastered(plan, mastering), into=MEASURED, true_peak=True)


def encoding_args(plan: Plan, segment: Segment) -> list[str]:
    """Return the arguments that encode one clip's picture for the cut."""
    opened = graph.open_source(segment.source)
    picture = graph.fit_picture(graph.picture_of(opened), plan.frame, _needs(segment, plan.frame))
    if plan.watermark:
        logo = graph.picture_of(graph.open_picture(WATERMARK))
        picture = graph.lay_over(picture, logo, right_px=WATERMARK_RIGHT_PX, top_px=WATERMARK_TOP_PX)
    # Stated once more, since the filters that move times forget the rate; then nothing is left to correct.
    rate = ("-r", str(plan.frame.rate), "-fps_mode", "cfr")
    options = (*video_args(plan.frame.rate), *rate, *SEGMENT_ARGS)
    return ["-copyts", *graph.write([picture], options, segment.encoded)]


def joining_args(plan: Plan, mastering: Mastering, to: str) -> list[str]:
    """Return the arguments that join the pictures as they are, and lay the mastered sound under them."""
    picture = graph.picture_of(graph.open_list(LIST))
    return graph.write([picture, _mastered(plan, mastering)], _options(plan), to)


def remastering_args(plan: Plan, mastering: Mastering, made: str, to: str) -> list[str]:
    """Return the arguments that encode the sound of a cut once more and copy the picture it has."""
    picture = graph.picture_of(graph.open_source(graph.Source(made, "mov")))
    return graph.write([picture, _mastered(plan, mastering)], _options(plan), to)


def _joined_sound(plan: Plan) -> graph.Stream:
    return graph.join_sound([_sound_of(segment) for segment in plan.segments])


def _sound_of(segment: Segment) -> graph.Stream:
    clip = segment.footage
    if clip.audio_codec is None:
        return graph.silence(samples=segment.samples, sample_rate_hz=SAMPLE_RATE_HZ)
    opened = graph.open_source(segment.source, sound_only=True)
    return graph.fit_sound(
        graph.sound_of(opened, clip.audio_index),
        start_s=clip.start_s,
        samples=segment.samples,
        sample_rate_hz=SAMPLE_RATE_HZ,
        even_channels=clip.channels if must_be_mixed_evenly(clip) else 0,
    )


def _mastered(plan: Plan, mastering: Mastering) -> graph.Stream:
    samples = sum(segment.samples for segment in plan.segments)
    sound = graph.sound_of(graph.open_sound(SOUND))
    sound = graph.cut_sound(sound, first_sample=AAC_PRIMING_SAMPLES, end_sample=samples)
    if mastering.gain_db:
        sound = graph.amplify(sound, mastering.gain_db)
    if mastering.ceiling_db is not None:
        sound = graph.limit(sound, mastering.ceiling_db)
    return sound


def _options(plan: Plan) -> list[str]:
    title = ("-metadata", f"title={plan.title}") if plan.title else ()
    longest = plan.length + timedelta(seconds=1)
    length = ("-t", f"{longest.total_seconds():.3f}")
    return [*copy_args(plan.frame.rate), *AUDIO_ARGS, *CONTAINER_ARGS, *title, *length]


def _needs(segment: Segment, frame: graph.Frame) -> graph.Needs:
    clip = segment.footage
    own_frames = int(clip.duration_s * frame.rate)
    return graph.Needs(
        start_s=clip.start_s,
        frames=segment.frames,
        # As much as a clip may lack, and two frames of doubt, since containers round their times.
        spare=max(0, segment.frames - own_frames) + int(MISSING_SHARE * segment.frames) + 2,
        colour=declared_colour(clip),
    )
