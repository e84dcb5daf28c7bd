"""What the editor can be asked: to look at a clip, and to make a cut of several."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from pydantic import Field

from schema.payload import Payload


class ClipFacts(Payload):
    """What a guarded probe found in one file."""

    duration: timedelta
    width_px: int
    """As shown, rotation applied."""
    height_px: int
    frame_rate: float
    video_codec: str
    audio_codec: str | None
    """None where the file has no sound."""
    has_sound: bool


class Composition(Payload):
    """A cut to make, as files on this machine."""

    clips: tuple[Path, ...]
    recipe: str = "sequence"
    """How they become one picture; `activities.media.recipes` lists what there is."""
    width_px: int
    height_px: int
    clip_duration: timedelta | None = None
    """Length each clip is brought to (cut, or its last frame held); None keeps each clip's own."""
    intro: Path | None = None
    outro: Path | None = None
    watermark: Path | None = None
    """A PNG, laid at (width - own width - 24, 96)."""
    loudness_lufs: float = -14.0
    true_peak_dbtp: float = -1.0
    title: str = ""
    """Goes into the file's metadata; everything else there is stripped."""
    names: Mapping[Path, str] = Field(default_factory=dict[Path, str])
    """What a person calls a file, where it lies here under a name of ours; errors name it so."""


class Checking(Payload):
    """How far a check has come."""

    file: Path
    number: int
    """Place of the file among all, from 1."""
    count: int


class Composed(Payload):
    """What was made, measured on the finished file."""

    facts: ClipFacts
    sha256: str
    size_bytes: int
    loudness_lufs: float
    true_peak_dbtp: float
    copied_picture: bool
    """True where the clips conformed and the picture was not encoded again."""


class Editor(Protocol):
    """Looks at and joins clips. Blocking: call it from a thread.

    Raises `schema.failure.Trouble`: BAD_FOOTAGE for an input that is no usable video, DISK_FULL, BAD_MEDIA for an
    output that fails its own check.
    """

    def inspect(
        self, clip: Path, name: str | None = None, on_progress: Callable[[], None] = lambda: None
    ) -> ClipFacts:
        """Probe a file in a guarded process and decode it once in full; refuse what is hostile or cut short.

        `name` is what a person calls it, where it is not its own. `on_progress` is called several times a second; what
        it raises ends the decoding.
        """
        ...

    def check(
        self,
        composition: Composition,
        on_progress: Callable[[Checking], None] = lambda _: None,
        *,
        besides: timedelta = timedelta(0),
    ) -> None:
        """Refuse what `compose` could not make; what passes it can make.

        Each file is decoded in full, and its beginning is made into a piece of the cut as `compose` would make it.
        `composition.clips` may be empty where scenes are yet to be bought: `besides` is how long those will last.
        `on_progress` is called as each file's turn comes and several times a second; what it raises ends the check.
        """
        ...

    def compose(
        self, composition: Composition, to: Path, on_progress: Callable[[float], None] = lambda _: None
    ) -> Composed:
        """Make the cut at `to` (temporary name, checked, then renamed).

        `on_progress` gets 0 to 1 a few times a second; an exception it raises ends ffmpeg, removes what was
        half made and passes through: that is how a composition is cancelled.
        """
        ...

    def thumbnail(self, video: Path, to: Path, at: timedelta = timedelta(seconds=2)) -> None:
        """Write one frame as a JPEG."""
        ...
