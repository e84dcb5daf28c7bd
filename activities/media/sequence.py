"""The sequence recipe: clips in order, with intro, outro and watermark, in one encode or none (media.md 3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from activities.media import graph
from activities.media.footage import Footage, has_bt709_matrix
from activities.media.loudness import Mastering
from activities.media.port import Composition
from activities.media.profile import (
    AUDIO_ARGS,
    CONTAINER_ARGS,
    SAMPLE_RATE_HZ,
    can_be_joined,
    common_rate,
    conforms,
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
        frames = sum(segment.frames for segment in self.segments)
        return timedelta(seconds=float(frames / self.frame.rate))


def files_of(composition: Composition) -> list[Path]:
    """Return the intro, the clips and the outro in the order they are shown."""
    around = [composition.intro], composition.clips, [composition.outro]
    return [file for part in around for file in part if file is not None]


def make_plan(composition: Composition, footage: Sequence[Footage]) -> Plan:
    """Decide lengths, frame rate, and whether the picture is copied. `footage` is that of `files_of`."""
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
    """Return the list that the copying path reads: our own plain names, and lengths of our own counting."""
    lines = ["ffconcat version 1.0"]
    for segment in plan.segments:
        seconds = float(segment.frames / plan.frame.rate)
        lines += [f"file {segment.name}", f"duration {seconds:.6f}"]
    return "\n".join(lines) + "\n"


def measuring_args(plan: Plan, mastering: Mastering) -> list[str]:
    """Return the arguments that measure the sound through the chain that will be encoded."""
    opened = [graph.open_source(segment.source, sound_only=True) for segment in plan.segments]
    limited = mastering.ceiling_db is not None
    return graph.measure(_sound(plan, opened, mastering), into=MEASURED, true_peak=limited)


def composing_args(plan: Plan, mastering: Mastering, to: str) -> list[str]:
    """Return the arguments that make the cut in one run."""
    opened = [graph.open_source(segment.source, sound_only=plan.copy_picture) for segment in plan.segments]
    sound = _sound(plan, opened, mastering)
    if plan.copy_picture:
        picture = graph.picture_of(graph.open_list(LIST))
        return graph.write([picture, sound], _options(plan, ("-c:v", "copy")), to)
    pictures = [
        graph.fit_picture(graph.picture_of(source), plan.frame, _needs(segment, plan.frame))
        for source, segment in zip(opened, plan.segments, strict=True)
    ]
    picture = graph.join_pictures(pictures)
    if plan.watermark:
        logo = graph.picture_of(graph.open_picture(WATERMARK))
        picture = graph.lay_over(picture, logo, right_px=WATERMARK_RIGHT_PX, top_px=WATERMARK_TOP_PX)
    # Stated once more, since the filters that move times forget the rate; then nothing is left to correct.
    rate = ("-r", str(plan.frame.rate), "-fps_mode", "cfr")
    return graph.write([picture, sound], _options(plan, (*video_args(plan.frame.rate), *rate)), to)


def remastering_args(plan: Plan, mastering: Mastering, made: str, to: str) -> list[str]:
    """Return the arguments that encode the sound of a cut once more and copy the picture it has."""
    opened = [graph.open_source(segment.source, sound_only=True) for segment in plan.segments]
    picture = graph.picture_of(graph.open_source(graph.Source(made, "mov")))
    sound = _sound(plan, opened, mastering)
    return graph.write([picture, sound], _options(plan, ("-c:v", "copy")), to)


def _sound(plan: Plan, opened: Sequence[graph.Stream], mastering: Mastering) -> graph.Stream:
    parts = [
        graph.fit_sound(graph.sound_of(source), samples=segment.samples, sample_rate_hz=SAMPLE_RATE_HZ)
        if segment.footage.audio_codec
        else graph.silence(samples=segment.samples, sample_rate_hz=SAMPLE_RATE_HZ)
        for source, segment in zip(opened, plan.segments, strict=True)
    ]
    sound = graph.join_sound(parts, skip_samples=AAC_PRIMING_SAMPLES)
    if mastering.gain_db:
        sound = graph.amplify(sound, mastering.gain_db)
    if mastering.ceiling_db is not None:
        sound = graph.limit(sound, mastering.ceiling_db)
    return sound


def _options(plan: Plan, video: Sequence[str]) -> list[str]:
    title = ("-metadata", f"title={plan.title}") if plan.title else ()
    longest = plan.length + timedelta(seconds=1)
    return [*video, *AUDIO_ARGS, *CONTAINER_ARGS, *title, "-t", f"{longest.total_seconds():.3f}"]


def _needs(segment: Segment, frame: graph.Frame) -> graph.Needs:
    clip = segment.footage
    return graph.Needs(
        frames=segment.frames,
        # Two frames of doubt, since containers round their times.
        hold=clip.duration_s < float((segment.frames + 2) / frame.rate),
        square=clip.aspect == 1,
        hdr=clip.colour.is_hdr,
        bt709=has_bt709_matrix(clip),
        sized=_has_size(clip, frame),
    )


def _has_size(clip: Footage, frame: graph.Frame) -> bool:
    return (
        clip.upright
        and clip.container == "mov"
        and clip.aspect == 1
        and (clip.width_px, clip.height_px) == (frame.width_px, frame.height_px)
    )
