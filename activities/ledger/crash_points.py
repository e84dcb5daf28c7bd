"""Places where a test may kill or pause this very process; off unless a test names one in the environment.

`REELWRIGHT_CRASH_POINT=<name>[@<step>][:<times>]` kills the process (SIGKILL) when it reaches the point that often,
with an operation of that step (`idea`, `prompts`, `scene`, `publish`) where one is named;
`REELWRIGHT_PAUSE_POINT`, written alike, stops it there (SIGSTOP), so that a test can see what others do meanwhile.
"""

import os
import signal
from typing import Final

from schema.purchases.operation import step_of

POINTS: Final = (
    "reserve.before",
    "reserve.inside",
    "reserve.after",
    "prepare.made",
    "prepare.stored",
    "send.claimed",
    "send.checked",
    "send.answered",
    "send.recorded",
    "settle.inside",
    "settle.after",
    "post.made",
    "fetch.stored",
    "take.checked",
    "compose.promoted",
    "final.named",
    "cap.raised",
    "decision.inside",
    "decision.stored",
    "message.delivered",
)


class _Place:
    """One point, as it is written in the environment: `<name>[@<step>][:<times>]`."""

    def __init__(self, written: str) -> None:
        place, _, times = written.partition(":")
        self.name, _, self.step = place.partition("@")
        self._times = int(times or 1)
        if self.name and self.name not in POINTS:
            raise ValueError(f"there is no crash point {self.name!r}; there are {', '.join(POINTS)}")

    def is_reached(self, name: str, slot: str) -> bool:
        """Count one more time there; True the time that was asked for, and never again."""
        if name != self.name or (self.step and self.step != step_of(slot)):
            return False
        self._times -= 1
        return self._times == 0


class CrashPoints:
    """The points that are armed in this process; none by default."""

    def __init__(self, crash_at: str = "", pause_at: str = "") -> None:
        self._crash, self._pause = _Place(crash_at), _Place(pause_at)

    def reach(self, name: str, slot: str = "///") -> None:
        """Die or stop here if a test asked for it. `slot` is that of the operation at work."""
        if self._crash.is_reached(name, slot):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._pause.is_reached(name, slot):
            os.kill(os.getpid(), signal.SIGSTOP)


OFF: Final = CrashPoints()
