"""The files of a composition, probed and under plain names, as a recipe is handed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.media.footage import Footage
from activities.media.port import Composition
from activities.media.timeline import Clip


@dataclass(frozen=True)
class Inputs:
    """The clips of a composition by their roles."""

    intro: Clip | None
    clips: tuple[Clip, ...]
    outro: Clip | None


def files_of(composition: Composition) -> list[Path]:
    """Return the intro, the clips and the outro, in that order: those there are."""
    around = [composition.intro], composition.clips, [composition.outro]
    return [file for part in around for file in part if file is not None]


def clips_of(footage: Sequence[Footage]) -> tuple[Clip, ...]:
    """Give each file of `files_of` a plain name, so that no text of a person's reaches ffmpeg."""
    return tuple(
        Clip(f"c{place}.{'mp4' if facts.container == 'mov' else 'mkv'}", facts)
        for place, facts in enumerate(footage)
    )


def inputs_of(composition: Composition, clips: Sequence[Clip]) -> Inputs:
    """Return the clips of `files_of` by their roles."""
    first = 1 if composition.intro else 0
    end = first + len(composition.clips)
    return Inputs(
        intro=clips[0] if composition.intro else None,
        clips=tuple(clips[first:end]),
        outro=clips[end] if composition.outro else None,
    )
