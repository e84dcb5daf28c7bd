"""Places where a test may kill or pause this very process; off unless a test names one in the environment.

`REELWRIGHT_CRASH_POINT=<name>[:<times>]` kills the process (SIGKILL) when it reaches the point that often;
`REELWRIGHT_PAUSE_POINT=<name>` stops it at its first time there (SIGSTOP), so that a test can see
what others do meanwhile.
"""

import os
import signal
from collections import Counter
from typing import Final

POINTS: Final = (
    "reserve.before",
    "reserve.inside",
    "reserve.after",
    "send.claimed",
    "send.answered",
    "send.recorded",
    "settle.inside",
    "settle.after",
    "post.made",
    "fetch.stored",
    "compose.promoted",
    "decision.stored",
)

_reached: Counter[str] = Counter()


class CrashPoints:
    """The points that are armed in this process; none by default."""

    def __init__(self, crash_at: str = "", pause_at: str = "") -> None:
        self._crash, _, times = crash_at.partition(":")
        self._times = int(times or 1)
        self._pause = pause_at
        for name in (self._crash, self._pause):
            if name and name not in POINTS:
                raise ValueError(f"there is no crash point {name!r}; there are {', '.join(POINTS)}")

    def reach(self, name: str) -> None:
        """Die or stop here where a test asked for it; else do nothing."""
        if name == self._crash:
            _reached[name] += 1
            if _reached[name] == self._times:
                os.kill(os.getpid(), signal.SIGKILL)
        if name == self._pause:
            _reached[name] += 1
            if _reached[name] == 1:
                os.kill(os.getpid(), signal.SIGSTOP)


OFF: Final = CrashPoints()
