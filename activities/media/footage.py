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
UNSPECIFIED = 2
"""Of primaries, transfer and matrix alike."""
_HDR_TRANSFERS = (16, 18)
"""PQ and HLG (ITU-T H.273)."""
_WIDE_PRIMARIES = (9, 11, 12)
"""BT.2020, DCI-P3 and Display P3."""


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

    @property
    def is_wide(self) -> bool:
        """Whether its colours reach beyond BT.709 and must be brought into it."""
        return self.is_hdr or self.primaries in _WIDE_PRIMARIES


_HD_FROM_PX = 577
"""Untagged footage of at most 576 lines is taken for BT.601, as players do, and larger for BT.709."""
MIXABLE = frozenset(
    (
        *("mono", "stereo", "downmix", "2.1", "3.0", "3.0(back)", "3.1", "4.0", "4.1", "quad", "quad(side)"),
        *("5.0", "5.0(side)", "5.1", "5.1(side)", "6.0", "6.0(front)", "hexagonal", "6.1", "6.1(back)"),
        *("6.1(front)", "7.0", "7.0(front)", "7.1", "7.1(wide)", "7.1(wide-side)", "octagonal"),
    )
)
"""Layouts that ffmpeg knows how to bring to stereo; each was tried."""
GUESSED_CHANNELS = (1, 2, 4, 6, 8)
"""So many channels without a layout are taken for the usual one of their number, as players do; of others that would
drop one."""


class Footage(Payload):
    """Facts of one file: from its headers, its packets' times and the first frame that can be decoded.

    What the composer relies on is taken from what its filters will see: frames that an edit list hides do not count,
    and colour, field order and orientation are those of the decoded frame.
    """

    container: str
    """The demuxer that reads it: `mov`, `matroska`, or one for pictures."""
    picture_file: bool
    stated_s: float
    """Playing time by the header; may lie."""
    stated_picture_s: float
    """The same of the picture alone; 0 where the container does not say."""
    duration_s: float
    """Playing time by the picture's own frames, as many as are shown."""
    coded_s: float
    """The same with the hidden ones."""
    frames: int
    """As many as are shown."""
    rate: Ratio
    constant_rate: bool
    starts_with_key: bool
    start_s: float
    """When the first frame is shown, on the file's own clock. What is heard before is left out."""
    origin_s: float
    """Where the file's own clock begins."""
    hidden_frames: int
    """Frames that an edit list, or a missing frame they rest on, keeps from being shown; a copy would show them."""
    time_base: str
    width_px: int
    """As coded, before rotation."""
    height_px: int
    shown_px: tuple[int, int]
    """Width and height after rotation."""
    interlaced: bool
    size_bytes: int
    aspect: Ratio
    """Of one pixel; 1 is square."""
    video_codec: str
    video_profile: str
    pixel_format: str
    colour: Annotated[Colour, BeforeValidator(lambda tags: _colour(tags))]
    setup_sha256: str
    """Hash of the decoder's set-up: equal for streams that can be joined without a new one."""
    audio_codec: str | None = None
    """None where nothing is to be heard."""
    audio_index: int = 0
    """Which of the file's sounds it is, from 0: the first that can be decoded."""
    audio_layout: str = ""
    """ffmpeg's name for its channels, as decoded."""
    audio_profile: str = ""
    sample_rate_hz: int = 0
    channels: int = 0
    index_first: bool = False
    edit_list: bool = False
    upright: bool = True
    decoded_frames: int | None = None
    """None where it was not decoded, and so for the three below."""
    damaged_frames: int = 0
    decoded_end_s: float = 0.0
    """When the last of picture and sound ends that could be decoded, from `origin_s` on."""
    changes: str = ""
    """What becomes another on the way, in words; empty where nothing does."""
    loudness_lufs: float = Field(default=-70.0)
    true_peak: float = 0.0
    """Highest true peak, as a share of full scale."""


def must_be_mixed_evenly(clip: Footage) -> bool:
    """Return whether a clip's channels have no known places, so that all are heard equally on both sides."""
    unplaced = clip.audio_layout == f"{clip.channels} channels" and clip.channels in GUESSED_CHANNELS
    return clip.audio_codec is not None and clip.audio_layout not in MIXABLE and not unplaced


def declared_colour(clip: Footage) -> Colour:
    """Return a clip's colour with what its tags leave open filled in, as players fill it."""
    tags = clip.colour
    if any(name in clip.pixel_format for name in ("rgb", "bgr", "gbr", "pal8")):
        return tags
    if tags.is_hdr:
        usual = Colour(primaries=9, transfer=tags.transfer, matrix=9, range=TV_RANGE)
    elif tags.matrix == UNSPECIFIED and min(clip.width_px, clip.height_px) < _HD_FROM_PX:
        usual = Colour(primaries=BT709, transfer=BT709, matrix=6, range=tags.range)
    else:
        usual = Colour(primaries=BT709, transfer=BT709, matrix=BT709, range=tags.range)
    return Colour(
        primaries=usual.primaries if tags.primaries == UNSPECIFIED else tags.primaries,
        transfer=usual.transfer if tags.transfer == UNSPECIFIED else tags.transfer,
        matrix=usual.matrix if tags.matrix == UNSPECIFIED else tags.matrix,
        range=tags.range or usual.range,
    )


def _colour(tags: object) -> object:
    if not isinstance(tags, list):
        return tags
    names = ("primaries", "transfer", "matrix", "range")
    return {name: int(tag) for name, tag in zip(names, tags, strict=True)}  # pyright: ignore
