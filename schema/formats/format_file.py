"""A format: one kind of video, as data. A new kind of content is a new file in `schema/formats/`."""

import hashlib
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import Field

from schema.content.scene import AspectRatio, Resolution, SceneShape
from schema.failure import Fault, Trouble
from schema.payload import Document
from schema.purchases.routing import Rule

Gate = Literal["brief", "story", "script", "plan", "video", "caption", "publish"]
Recipe = Literal["sequence", "split-screen", "moving-stills", "brand-film", "beat-cut"]


class Scenes(Document):
    """How many clips or stills, and where they come from."""

    count: int | None = Field(ge=1, le=24)
    """None where the script or the song rules it."""
    source: Literal["text-to-video", "image-to-video", "image", "pool"]
    duration_s: float | None = Field(gt=0, le=60)
    """Length of one scene in seconds; None where narration or beats rule it."""
    resolution: Resolution = "720p"
    aspect_ratio: AspectRatio = "9:16"
    native_audio: bool = False
    models: tuple[str, ...] = Field(min_length=1)
    """Models in order of preference; prices are in `schema/prices/`. The next is asked where one is proven to have
    made nothing."""
    rules: tuple[Rule, ...] = ()
    """Other models for some scenes."""

    @property
    def duration(self) -> timedelta | None:
        """Length of one scene."""
        return None if self.duration_s is None else timedelta(seconds=self.duration_s)

    @property
    def ordered_duration(self) -> timedelta:
        """Length in which a scene is priced and ordered."""
        return self.duration or timedelta(seconds=5)

    @property
    def shape(self) -> SceneShape:
        """Length and shape in which a scene is priced and ordered."""
        return SceneShape(
            duration=self.ordered_duration, resolution=self.resolution, aspect_ratio=self.aspect_ratio
        )


class Sound(Document):
    """What is heard."""

    loudness_lufs: float = -14.0
    true_peak_dbtp: float = -1.0


class CompositionRules(Document):
    """How the pieces become one picture."""

    recipe: Recipe
    width_px: int
    height_px: int


class FormatFile(Document):
    """One kind of video, as people write it. An item lives by its plan, never by this."""

    name: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    version: int = Field(ge=1)
    title: str
    description: str
    can_be_made: bool
    """False while the pipeline lacks a part it needs; `missing` says which."""
    missing: str = ""
    instructions: dict[str, str] = Field(default_factory=dict[str, str])
    """What writers are told: by the name of a task, e.g. `idea`, a file in `schema/formats/instructions/`."""
    scenes: Scenes
    sound: Sound = Sound()
    composition: CompositionRules
    gates: tuple[Gate, ...]
    platforms: tuple[str, ...]
    """Where it is meant to go; an account chooses among its own."""
    max_revisions: int = Field(default=3, ge=0, le=3)


def format_names() -> list[str]:
    """Return the names of all formats, sorted."""
    folder = resources.files("schema") / "formats"
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


@cache
def load_format(name: str) -> tuple[FormatFile, str]:
    """Return a format and the SHA-256 of its file.

    Raises `Trouble` (`bad_format`) for a name that does not exist or a file that does not validate.
    """
    if name not in format_names():
        raise Trouble(
            Fault.BAD_FORMAT, f"there is no format {name!r}; `reelwright formats list` shows those there are"
        )
    raw = (resources.files("schema") / "formats" / f"{name}.yaml").read_bytes()
    try:
        return FormatFile.model_validate(yaml.safe_load(raw)), hashlib.sha256(raw).hexdigest()
    except ValueError as error:
        raise Trouble(Fault.BAD_FORMAT, f"schema/formats/{name}.yaml does not validate: {error}") from error


def makeable_format(name: str) -> tuple[FormatFile, str]:
    """Return a format and its hash. Raises `Trouble` (`bad_format`) where it does not exist or cannot be made yet."""
    chosen, digest = load_format(name)
    if not chosen.can_be_made:
        raise Trouble(
            Fault.BAD_FORMAT,
            f"the format {name!r} cannot be made yet: it needs {chosen.missing}; `asmr-craft` can",
        )
    return chosen, digest
