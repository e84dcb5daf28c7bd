"""Every crash point at every kind of paid call, and which of them an ordinary run takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest

_SEND = (
    "reserve.before",
    "reserve.inside",
    "reserve.after",
    "send.claimed",
    "send.checked",
    "send.answered",
    "send.recorded",
)
POINTS_OF = {
    "idea": (*_SEND, "settle.inside"),
    "prompts": (*_SEND, "settle.inside"),
    "scene": (*_SEND, "settle.after"),
    "publish": (*_SEND[:3], "prepare.made", "prepare.stored", *_SEND[3:], "settle.inside"),
}
"""By step; a scene is settled when its job has ended, in one statement; all others with their answer."""
BEYOND = ("post.made", "fetch.stored", "take.checked", "compose.promoted", "final.named")
"""Points beside the ledger."""
STEPS_IN = {
    "offline": ("scene", "publish"),
    "fal and claude": ("idea", "prompts", "scene"),
    "replicate and chat": ("idea", "prompts", "scene"),
}


@dataclass(frozen=True)
class Case:
    """One place where a worker is killed, or sleeps while another one goes on."""

    world: str
    how: Literal["killed", "paused"]
    place: str
    """As the environment names it: `<point>[@<step>]`."""

    def __str__(self) -> str:
        return f"{self.how} at {self.place}, {self.world}"


def every_case() -> Iterator[Case]:
    """All combinations."""
    for world, steps in STEPS_IN.items():
        for step in steps:
            for point in POINTS_OF[step]:
                yield Case(world, "killed", f"{point}@{step}")
                yield Case(world, "paused", f"{point}@{step}")
    for point in BEYOND:
        yield Case("offline", "killed", point)
        yield Case("offline", "paused", point)


ORDINARY = (
    Case("fal and claude", "killed", "send.claimed@scene"),
    Case("fal and claude", "killed", "send.answered@idea"),
    Case("offline", "killed", "prepare.made"),
    Case("offline", "killed", "prepare.stored"),
    Case("offline", "killed", "post.made"),
    Case("replicate and chat", "paused", "send.answered@scene"),
)
"""The windows between an effect and its record."""
AT_REAL_VALUES = (
    Case("fal and claude", "killed", "send.answered@scene"),
    Case("fal and claude", "killed", "send.answered@prompts"),
    Case("replicate and chat", "killed", "send.claimed@scene"),
    Case("offline", "killed", "post.made"),
    Case("offline", "paused", "send.answered@publish"),
)
"""The sample that is tried with the leases, timeouts and delays that people run with: some ten minutes."""


def chosen(config: pytest.Config) -> tuple[Case, ...]:
    """Return the cases of this run."""
    if config.getoption("--real-timings"):
        return AT_REAL_VALUES
    return tuple(every_case()) if config.getoption("--every-crash-point") else ORDINARY
