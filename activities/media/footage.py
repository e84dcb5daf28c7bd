"""What is known of one file of footage, as the composer needs it."""

from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from schema.payload import Payload

Ratio = Annotated[Fraction, BeforeValidator(Fraction), PlainSerializer(str)]
"""An exact ratio, written `30000/1001`."""
BT709 = 1
"""Of primaries, transfer and matrix alike (ITU-T H.273)."""
TV_RANGE = 1
_HDR_TRANSFERS = (16, 18)
"""PQ and HLG (ITU-T H.273)."""


class Colour(Payload):
    """Colour tags, as numbers of ITU-T H.273; 2 is unspecified."""

    primaries: int
    transfer: int
    matrix: int
    range: int
    """1 is TV, 2 is full, 0 is unspecified."""

    @property
    def is_delivered(self) -> bool:
        """Whether all four say what our files say."""
        return (self.primaries, self.transfer, self.matrix, self.range) == (BT709, BT709, BT709, TV_RANGE)

    @property
    def is_hdr(self) -> bool:
        """Whether it must be tone-mapped: relabelling it would wash it out."""
        return self.transfer in _HDR_TRANSFERS


_UNSPECIFIED = 2
_HD_FROM_PX = 577
"""Untagged footage of at most 576 lines is taken for BT.601, as players do, and larger for BT.709."""


class Footage(Payload):
    """Facts of one file: from its headers and its frames' times, nothing decoded unless it says so."""

    container: str
    """The demuxer that reads it: `mov`, `matroska`, or one for pictures."""
    picture_file: bool
    stated_s: float
    """Playing time by the header; may lie."""
    stated_picture_s: float
    """The same of the picture alone; 0 where the container does not say."""
    duration_s: float
    """Playing time by the picture's own frames."""
    frames: int
    rate: Ratio
    constant_rate: bool
    starts_with_key: bool
    start_s: float
    """When the first frame is shown."""
    hidden_frames: int
    """Frames that an edit list keeps from being shown; a copy would show them."""
    time_base: str
    width_px: int
    """As coded, before rotation."""
    height_px: int
    aspect: Ratio
    """Of one pixel; 1 is square."""
    video_codec: str
    video_profile: str
    pixel_format: str
    colour: Annotated[Colour, BeforeValidator(lambda tags: _colour(tags))]
    setup_sha256: str
    """Hash of the decoder's set-up: equal for streams that can be joined without a new one."""
    audio_codec: str | None = None
    audio_profile: str = ""
    sample_rate_hz: int = 0
    channels: int = 0
    index_first: bool = False
    edit_list: bool = False
    upright: bool = True
    decoded_frames: int | None = None
    """None where it was not decoded, and so for the three below."""
    damaged_frames: int = 0
    decoded_audio_s: float = 0.0
    shown_px: tuple[int, int] | None = None
    """Width and height after rotation."""
    loudness_lufs: float = Field(default=-70.0)
    true_peak: float = 0.0
    """Highest true peak, as a share of full scale."""


def has_bt709_matrix(clip: Footage) -> bool:
    """Return whether a clip's matrix is BT.709 by its tag or, untagged, by its size, so that it needs no change."""
    if clip.colour.matrix == _UNSPECIFIED:
        return min(clip.width_px, clip.height_px) >= _HD_FROM_PX and not clip.colour.is_hdr
    return clip.colour.matrix == BT709


def _colour(tags: object) -> object:
    if not isinstance(tags, list):
        return tags
    names = ("primaries", "transfer", "matrix", "range")
    return {name: int(tag) for name, tag in zip(names, tags, strict=True)}  # pyright: ignore
