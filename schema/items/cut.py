"""A finished composition."""

from datetime import timedelta

from schema.content.idea import Idea
from schema.content.scene import Take
from schema.items.plan import CutPlan, TakenUp
from schema.payload import Payload

MASTER = "master"
"""The role of the rendition that is put on show."""


class Rendition(Payload):
    """One finished file of a cut."""

    role: str = MASTER
    """`master`, or what another shape of the same cut is for."""
    key: str
    """Where it lies in storage, e.g. `content/<item>/cuts/r1-0123456789ab.mp4`."""
    sha256: str
    size_bytes: int
    width_px: int
    height_px: int


class Cut(Payload):
    """What a round was composed to: one file, or the same in several shapes."""

    renditions: tuple[Rendition, ...]
    duration: timedelta
    loudness_lufs: float
    true_peak_dbtp: float
    copied_picture: bool
    """True where the clips conformed and the picture was joined without re-encoding."""
    round: int
    thumbnail_key: str

    @property
    def master(self) -> Rendition:
        """The file that is put on show."""
        return next(one for one in self.renditions if one.role == MASTER)


class CutRequest(Payload):
    """The takes of one round, to be composed."""

    item_id: str
    round: int
    takes: tuple[Take, ...]
    plan: CutPlan
    title: str = ""
    format: str = ""


class TakeUpRequest(Payload):
    """A cut of an ended item, to be put on show again as another one's."""

    item_id: str
    taken_up: TakenUp


class TakenCut(Payload):
    """What was taken over."""

    cut: Cut
    idea: Idea | None
    """Of what was made from an idea, for another round; None where a person's own clips were composed."""
