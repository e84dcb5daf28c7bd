"""The recipe `sequence`: intro, clips and outro one after the other, each filling the picture (media.md 3.1)."""

from activities.media.inputs import Inputs
from activities.media.port import Composition
from activities.media.timeline import Box, Clip, Layer, Shot


def plan_sequence(composition: Composition, inputs: Inputs) -> tuple[Shot, ...]:
    """Return one shot a clip: the scenes in the length asked for, intro and outro in their own."""
    whole = Box(0, 0, composition.width_px, composition.height_px)

    def alone(clip: Clip) -> Shot:
        return Shot((Layer(clip, whole),), heard=clip)

    scenes = [
        Shot((Layer(clip, whole),), heard=clip, length=composition.clip_duration) for clip in inputs.clips
    ]
    return (
        *([alone(inputs.intro)] if inputs.intro else []),
        *scenes,
        *([alone(inputs.outro)] if inputs.outro else []),
    )
