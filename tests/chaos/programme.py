"""The programme of faults: drawn from the seed before anything runs, then carried out to the second."""

import asyncio
import contextlib
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
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
    """Return the faults of a run, by time: the same for the same seed and length."""
    dice = random.Random(seed)
    drawn: list[Fault] = []

    def every(low: float, high: float, make: Callable[[float], Fault]) -> None:
        at = dice.uniform(0.3, 1) * low
        while at < seconds:
            drawn.append(make(at))
            at += dice.uniform(low, high)

    def worker(at: float) -> Fault:
        kind: Kind = dice.choice(("worker killed", "worker killed", "worker paused", "worker drained"))
        lasts = dice.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S) if kind == "worker paused" else 0
        return Fault(at, kind, str(dice.randrange(WORKERS)), lasts)

    def cut(at: float) -> Fault:
        return Fault(at, "network cut", dice.choice(ROUTES), dice.uniform(*CUT_S), dice.choice(CUTS))

    every(4, 8, worker)
    every(4, 9, cut)
    every(
        20,
        45,
        lambda at: Fault(
            at, dice.choice(("PostgreSQL stopped", "PostgreSQL killed")), "", dice.uniform(*DOWN_S)
        ),
    )
    every(25, 50, lambda at: Fault(at, "Temporal killed", "", dice.uniform(*DOWN_S)))
    every(
        15,
        35,
        lambda at: Fault(at, "vendor killed", dice.choice(VENDORS), dice.uniform(*DOWN_S)),
    )
    return sorted(drawn, key=lambda fault: fault.at_s)


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
