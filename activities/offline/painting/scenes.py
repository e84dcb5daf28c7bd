"""All scenes by name."""

from collections.abc import Callable
from typing import Protocol

from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import Frame
from activities.offline.painting.scene_candle import CandleScene
from activities.offline.painting.scene_carving import CarvingScene
from activities.offline.painting.scene_glass import GlassScene
from activities.offline.painting.scene_hammered import HammeredScene
from activities.offline.painting.scene_ink import InkScene
from activities.offline.painting.scene_loom import LoomScene
from activities.offline.painting.scene_vat import VatScene
from activities.offline.painting.scene_wheel import WheelScene


class Scene(Protocol):
    """Something that can be painted moment by moment."""

    def frame(self, seconds: float, share: float) -> Frame:
        """Return the picture at `seconds`, when `share` (0 to 1) of the clip has passed."""
        ...


SCENES: dict[str, Callable[[Brief], Scene]] = {
    "vat": VatScene,
    "wheel": WheelScene,
    "loom": LoomScene,
    "carving": CarvingScene,
    "hammered": HammeredScene,
    "candle": CandleScene,
    "glass": GlassScene,
    "ink": InkScene,
}


def build(brief: Brief) -> Scene:
    """Prepare the scene a brief asks for: its layers are made here, once."""
    return SCENES[brief.scene](brief)
