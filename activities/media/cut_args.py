"""What ffmpeg is told, for each step of a cut: arguments from a timeline, the same way for every recipe.

Each segment whose picture must be encoded is encoded by itself, and the segments are joined as they are. So memory is
that of one segment, however many there are, and no frame is encoded twice. The sound of all is joined into one WAV,
which is measured, mastered and encoded.
"""

from datetime import timedelta

from activities.media import graph
from activities.media.footage import declared_colour, must_be_mixed_evenly
from activities.media.loudness import Mastering
from activities.media.probe import MISSING_SHARE
from activities.media.profile import (
    AUDIO_ARGS,
    CONTAINER_ARGS,
    SAMPLE_RATE_HZ,
    SEGMENT_ARGS,
    copy_args,
    video_args,
)
from activities.media.timeline import Clip, Layer, Segment, Timeline

WATERMARK_RIGHT_PX = 24
WATERMARK_TOP_PX = 96
AAC_PRIMING_SAMPLES = 1024
"""What the encoder puts in front. Without an edit list it is heard, so as much is left out of the first clip's
sound, and picture and sound stay together."""
LIST = "list.ffconcat"
WATERMARK = "watermark.png"
MEASURED = "r128.txt"
SOUND = "sound.wav"


def list_text(timeline: Timeline) -> str:
    """Return the list of pictures to join: our own plain names, and lengths of our own counting."""
    lines = ["ffconcat version 1.0"]
    for segment in timeline.segments:
        seconds = float(segment.frames / timeline.rate)
        lines += [
            f"file {segment.layers[0].clip.name if timeline.copy_picture else segment.encoded}",
            f"duration {seconds:.6f}",
        ]
    return "\n".join(lines) + "\n"


def gathering_args(timeline: Timeline) -> list[str]:
    """Return the arguments that join the sound of all clips into `SOUND`, and measure it."""
    return [
        "-copyts",
        *graph.measure(_joined_sound(timeline), into=MEASURED, true_peak=False, to=SOUND),
    ]


def measuring_args(timeline: Timeline, mastering: Mastering) -> list[str]:
    """Return the arguments that measure the joined sound through the chain that will be encoded."""
    return graph.measure(_mastered(timeline, mastering), into=MEASURED, true_peak=True)


def encoding_args(timeline: Timeline, segment: Segment) -> list[str]:
    """Return the arguments that encode one segment's picture for the cut."""
    ground, *others = segment.layers
    picture = _picture_of(ground, segment, timeline)
    if (ground.box.width_px, ground.box.height_px) != (timeline.width_px, timeline.height_px):
        picture = graph.widen(
            picture,
            left_px=ground.box.left_px,
            top_px=ground.box.top_px,
            width_px=timeline.width_px,
            height_px=timeline.height_px,
        )
    for layer in others:
        over = _picture_of(layer, segment, timeline)
        picture = graph.cover(
            picture, over, left_px=layer.box.left_px, top_px=layer.box.top_px, rate=timeline.rate
        )
    if timeline.watermark:
        logo = graph.picture_of(graph.open_picture(WATERMARK))
        picture = graph.lay_over(picture, logo, right_px=WATERMARK_RIGHT_PX, top_px=WATERMARK_TOP_PX)
    # Stated once more, since the filters that move times forget the rate; then nothing is left to correct.
    rate = ("-r", str(timeline.rate), "-fps_mode", "cfr")
    options = (*video_args(timeline.rate), *rate, *SEGMENT_ARGS)
    return ["-copyts", *graph.write([picture], options, segment.encoded)]


def joining_args(timeline: Timeline, mastering: Mastering, to: str) -> list[str]:
    """Return the arguments that join the pictures as they are, and lay the mastered sound under them."""
    picture = graph.picture_of(graph.open_list(LIST))
    return graph.write([picture, _mastered(timeline, mastering)], _options(timeline), to)


def remastering_args(timeline: Timeline, mastering: Mastering, made: str, to: str) -> list[str]:
    """Return the arguments that encode the sound of a cut once more and copy the picture it has."""
    picture = graph.picture_of(graph.open_source(graph.Source(made, "mov")))
    return graph.write([picture, _mastered(timeline, mastering)], _options(timeline), to)


def _joined_sound(timeline: Timeline) -> graph.Stream:
    return graph.join_sound([_sound_of(segment) for segment in timeline.segments])


def _sound_of(segment: Segment) -> graph.Stream:
    facts = segment.heard.footage
    if facts.audio_codec is None:
        return graph.silence(samples=segment.samples, sample_rate_hz=SAMPLE_RATE_HZ)
    opened = graph.open_source(_source_of(segment.heard), sound_only=True)
    return graph.fit_sound(
        graph.sound_of(opened, facts.audio_index),
        start_s=facts.start_s,
        samples=segment.samples,
        sample_rate_hz=SAMPLE_RATE_HZ,
        even_channels=facts.channels if must_be_mixed_evenly(facts) else 0,
    )


def _mastered(timeline: Timeline, mastering: Mastering) -> graph.Stream:
    samples = sum(segment.samples for segment in timeline.segments)
    sound = graph.sound_of(graph.open_sound(SOUND))
    sound = graph.cut_sound(sound, first_sample=AAC_PRIMING_SAMPLES, end_sample=samples)
    if mastering.gain_db:
        sound = graph.amplify(sound, mastering.gain_db)
    if mastering.ceiling_db is not None:
        sound = graph.limit(sound, mastering.ceiling_db)
    return sound


def _options(timeline: Timeline) -> list[str]:
    title = ("-metadata", f"title={timeline.title}") if timeline.title else ()
    longest = timeline.length + timedelta(seconds=1)
    length = ("-t", f"{longest.total_seconds():.3f}")
    return [*copy_args(timeline.rate), *AUDIO_ARGS, *CONTAINER_ARGS, *title, *length]


def _picture_of(layer: Layer, segment: Segment, timeline: Timeline) -> graph.Stream:
    facts = layer.clip.footage
    own_frames = int(facts.duration_s * timeline.rate)
    needs = graph.Needs(
        start_s=facts.start_s,
        frames=segment.frames,
        # As much as a clip may lack, and two frames of doubt, since containers round their times.
        spare=max(0, segment.frames - own_frames) + int(MISSING_SHARE * segment.frames) + 2,
        colour=declared_colour(facts),
    )
    opened = graph.open_source(_source_of(layer.clip))
    frame = graph.Frame(layer.box.width_px, layer.box.height_px, timeline.rate)
    return graph.fit_picture(graph.picture_of(opened), frame, needs)


def _source_of(clip: Clip) -> graph.Source:
    return graph.Source(clip.name, clip.footage.container)
