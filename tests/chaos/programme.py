"""The programme of faults: drawn from the seed before anything runs, then carried out to the second."""

import asyncio
import contextlib
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from tests.chaos import lies
from tests.chaos.proxy import MANNERS, Manner
from tests.chaos.stage import WORKERS, Stage

Kind = Literal[
    "worker killed",
    "worker paused",
    "worker drained",
    "PostgreSQL stopped",
    "PostgreSQL killed",
    "Temporal killed",
    "network cut",
    "vendor killed",
]
PACE: dict[tuple[Kind, ...], tuple[float, float]] = {
    ("worker killed", "worker killed", "worker paused", "worker drained"): (4, 8),
    ("network cut",): (4, 9),
    ("PostgreSQL stopped", "PostgreSQL killed"): (20, 45),
    ("Temporal killed",): (25, 50),
    ("vendor killed",): (15, 35),
}
"""How many seconds lie between two faults of a row, one of which is chosen by chance."""
LONGEST_PAUSE_S = 10.0
"""Longer than every lease of the run, and than Temporal waits for a workflow's step."""
SHORTEST_PAUSE_S = 5.5
CUT_S = (0.5, 4.0)
DOWN_S = (0.2, 2.0)
ROUTES = ("fal", "fal", "replicate", "anthropic", "postgres", "temporal")
VENDORS = ("fal", "replicate", "anthropic")
CUTS: tuple[Manner, ...] = tuple(manner for manner in MANNERS if manner != "pass")
SPOILT_BY_A_STUDIO = 0.25
SPOILT_BY_THE_WRITER = 0.1
"""Less: an item ends as failed when two answers about one thing were lost."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    at_s: float
    """Counted from the start of the programme."""
    kind: Kind
    target: str = ""
    """Which worker, vendor or route."""
    lasts_s: float = 0
    manner: Manner = "pass"

    def __str__(self) -> str:
        manner = "" if self.manner == "pass" else self.manner
        lasts = f"for {self.lasts_s:.1f} s" if self.lasts_s else ""
        return " ".join(word for word in (self.kind, self.target, manner, lasts) if word)


def draw(seed: int, seconds: float) -> list[Fault]:
    """Return the faults of a run by time, fixed by seed and length; each kind occurs."""
    dice = random.Random(seed)
    drawn = [
        _fault(dice, dice.choice(kinds), at)
        for kinds, between in PACE.items()
        for at in _moments(dice, between, seconds)
    ]
    for kinds in PACE:
        for kind in dict.fromkeys(kinds):
            if all(fault.kind != kind for fault in drawn):
                drawn.append(_fault(dice, kind, dice.uniform(0.4, 0.9) * seconds))
    return sorted(drawn, key=lambda fault: fault.at_s)


def _moments(dice: random.Random, between: tuple[float, float], seconds: float) -> Iterator[float]:
    at = dice.uniform(0.3, 1) * between[0]
    while at < seconds:
        yield at
        at += dice.uniform(*between)


def _fault(dice: random.Random, kind: Kind, at_s: float) -> Fault:
    match kind:
        case "worker killed" | "worker drained":
            return Fault(at_s, kind, str(dice.randrange(WORKERS)))
        case "worker paused":
            pause = dice.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S)
            return Fault(at_s, kind, str(dice.randrange(WORKERS)), pause)
        case "network cut":
            return Fault(at_s, kind, dice.choice(ROUTES), dice.uniform(*CUT_S), dice.choice(CUTS))
        case "vendor killed":
            return Fault(at_s, kind, dice.choice(VENDORS), dice.uniform(*DOWN_S))
        case _:
            return Fault(at_s, kind, "", dice.uniform(*DOWN_S))


class Programme:
    """Carries faults out, and counts those that struck something."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._seed = seed
        self._busy: set[str] = set()
        self.struck: Counter[str] = Counter()
        self.lies = 0

    async def run(self, faults: list[Fault], tell: Callable[[str], None]) -> None:
        """Strike at the planned moments; all is whole again when this returns, but vendors still lie."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(begun + fault.at_s - clock(), 0))
                group.create_task(self._strike(fault, tell))

    def let_vendors_lie(self) -> None:
        """Begin to spoil answers by chance; blocks."""
        for name in VENDORS:
            self._lie(name)

    def end_lies(self) -> None:
        """Make honest vendors of them, and count what was told; blocks."""
        for vendor in self._stage.vendors.values():
            self.lies += vendor.counters()["lies"]
            vendor.lie()

    async def _strike(self, fault: Fault, tell: Callable[[str], None]) -> None:
        what = fault.target or fault.kind.split()[0]
        if what in self._busy:  # it lies on the ground already
            return
        self._busy.add(what)
        try:
            if await self._carry_out(fault):
                self.struck[fault.kind] += 1
                tell(f"{fault.at_s:6.1f} s  {fault}")
        finally:
            self._busy.discard(what)

    async def _carry_out(self, fault: Fault) -> bool:
        stage = self._stage
        match fault.kind:
            case "worker killed":
                return stage.fleet.kill(int(fault.target))
            case "worker drained":
                return stage.fleet.drain(int(fault.target))
            case "worker paused":
                return await stage.fleet.pause(int(fault.target), fault.lasts_s)
            case "network cut":
                stage.network.order(fault.target, fault.manner)
                try:
                    await asyncio.sleep(fault.lasts_s)
                finally:
                    stage.network.order(fault.target, "pass")
            case "PostgreSQL stopped" | "PostgreSQL killed":
                number = signal.SIGQUIT if fault.kind == "PostgreSQL stopped" else signal.SIGKILL
                await self._down(stage.postgres.crash(number), fault.lasts_s, stage.postgres.start)
            case "Temporal killed":
                await self._down(stage.temporal.crash(signal.SIGKILL), fault.lasts_s, stage.temporal.start)
            case "vendor killed":
                await self._kill_vendor(fault)
        return True

    async def _kill_vendor(self, fault: Fault) -> None:
        vendor = self._stage.vendors[fault.target]
        with contextlib.suppress(OSError):
            self.lies += (await asyncio.to_thread(vendor.counters))["lies"]
        await asyncio.to_thread(vendor.kill)
        await asyncio.sleep(fault.lasts_s)
        await asyncio.to_thread(vendor.start)
        await asyncio.to_thread(self._stage.brief, fault.target)
        await asyncio.to_thread(self._lie, fault.target)

    async def _down(
        self, crash: Awaitable[None], seconds: float, start: Callable[[], Awaitable[None]]
    ) -> None:
        await crash
        await asyncio.sleep(seconds)
        await start()

    def _lie(self, name: str) -> None:
        self._seed += 1
        told = (
            lies.of_the_writer(SPOILT_BY_THE_WRITER)
            if name == "anthropic"
            else lies.of_a_studio(name, SPOILT_BY_A_STUDIO)
        )
        self._stage.vendors[name].lie(*told, seed=self._seed)
