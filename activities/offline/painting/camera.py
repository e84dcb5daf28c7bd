"""The camera: a slow, eased move over the painted picture, by ffmpeg's sub-pixel warp."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Move = Literal["push", "pull", "left", "right", "up"]


@dataclass(frozen=True)
class Camera:
    """One move over the whole clip; amounts are shares of the picture's size."""

    move: Move
    reach: float = 0.06
    """How far it goes: 0.06 is six per cent."""

    def filter(self, frames: int) -> str:
        """Return the filter: `perspective` with linear sampling, since `zoompan` steps by whole pixels."""
        eased = f"(1-cos(PI*min(on/{max(frames - 1, 1)},1)))/2"
        x, y, inset = self._window(eased)
        left, top = f"W*({x}-({inset}))", f"H*({y}-({inset}))"
        right, bottom = f"W*({x}+1-2*({self.reach})+({inset}))", f"H*({y}+1-2*({self.reach})+({inset}))"
        corners = f"x0='{left}':y0='{top}':x1='{right}':y1='{top}':x2='{left}':y2='{bottom}':x3='{right}':y3='{bottom}'"
        return f"perspective={corners}:sense=source:eval=frame:interpolation=linear"

    def _window(self, eased: str) -> tuple[str, str, str]:
        """Return where the window's inner corner lies, and by how much it is opened beyond that."""
        reach = np.round(self.reach, 4)
        match self.move:
            case "push":
                return f"{reach}", f"{reach}", f"{reach}*(1-{eased})"
            case "pull":
                return f"{reach}", f"{reach}", f"{reach}*{eased}"
            case "left":
                return f"{2 * reach}*(1-{eased})", f"{reach}", "0"
            case "right":
                return f"{2 * reach}*{eased}", f"{reach}", "0"
            case "up":
                return f"{reach}", f"{2 * reach}*(1-{eased})", "0"
