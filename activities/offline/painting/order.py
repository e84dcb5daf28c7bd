"""What a painter is asked for."""

from pydantic import Field, TypeAdapter

from schema.content.scene import AspectRatio, Resolution
from schema.payload import Document

FRAME_RATE = 24
"""Frames a second, constant."""


class _Asked(Document):
    """What a clip and a picture have in common; an unknown field is refused."""

    prompt: str = Field(min_length=1)
    seed: int = 0
    look: str = ""
    """What several orders share so that what is made belongs together: same light, same colours, same room."""


class Picture(_Asked):
    """One still, in the words of the caller."""

    width_px: int = Field(ge=64, le=4096)
    height_px: int = Field(ge=64, le=4096)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.width_px, self.height_px


class PaintingOrder(_Asked):
    """One clip, in the words of the caller."""

    duration: int = Field(gt=0, le=60)
    """Seconds."""
    resolution: Resolution
    aspect_ratio: AspectRatio

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the clip."""
        short = {"480p": 480, "720p": 720, "1080p": 1080}[self.resolution]
        long = {"480p": 854, "720p": 1280, "1080p": 1920}[self.resolution]
        return {"9:16": (short, long), "16:9": (long, short), "1:1": (short, short)}[self.aspect_ratio]

    @property
    def frames(self) -> int:
        """How many frames the clip has."""
        return self.duration * FRAME_RATE


AnyOrder = PaintingOrder | Picture
ANY_ORDER: TypeAdapter[AnyOrder] = TypeAdapter(AnyOrder)
"""Reads either: a picture has a size in pixels, a clip a duration."""
