"""One run: faults and lies for a while, then quiet, then the verdict."""

import asyncio
import contextlib
import logging
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from activities.store import item_rows
from signals import names
from tests.chaos import people, programme
from tests.chaos.clerk import Clerk
from tests.chaos.evidence import Evidence, gather, unfinished
from tests.chaos.figures import figures
from tests.chaos.stage import Stage, open_stage
from tests.chaos.verdict import Breach, judge

PATIENCE_S = 60.0
"""How long after the last fault, or after the last item that ended since, the others count as stuck."""
LOOK_EVERY_S = 0.5


@dataclass
class Outcome:
    """What came of a run."""

    seed: int
    seconds: float
    """All of it, from the first server's start to the verdict."""
    drained_s: float
    """From the last fault until every item had ended."""
    struck: dict[str, int]
    lies: int
    errors: int
    """How often a person was told to try again."""
    signals: int
    answers: dict[str, int]
    """What a person answered about orders that were parked."""
    evidence: Evidence
    breaches: list[Breach] = field(default_factory=list[Breach])

    def document(self) -> dict[str, Any]:
        """Return it as the command's JSON."""
        return {
            "seed": self.seed,
            "right": not self.breaches,
            "seconds": round(self.seconds, 1),
            "drained_seconds": round(self.drained_s, 1),
            "faults": self.struck,
            "lies": self.lies,
            "signals_by_hand": self.signals,
            "errors_people_saw": self.errors,
            **figures(self.evidence),
            "answered_by_a_person": self.answers,
            "breaches": [str(breach) for breach in self.breaches],
        }


def tell(line: str) -> None:
    """Say a line of progress."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


async def run(
    items: int, seconds: float, seed: int, keep: Path | None = None, patience_s: float = PATIENCE_S
) -> Outcome:
    """Run so many items through so many seconds of faults; return what the other side counted.

    `keep` is a folder for the workers' logs.
    """
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it warns of every connection that we cut
    began = time.monotonic()
    plan = people.draw(seed, items, seconds)
    faults = programme.draw(seed, seconds)
    async with open_stage() as stage:
        crowd = people.People(stage, plan, tell)
        clerk = Clerk(stage)
        striking = programme.Programme(stage, seed)
        await crowd.found_accounts()
        await stage.fleet.start()
        tell(f"seed {seed}: {items} items in {seconds:g} s, {len(faults)} faults; {stage.home}")
        beside = [
            asyncio.create_task(task)
            for task in (crowd.look_after_reviews(), clerk.look_after_parked(), _show(stage))
        ]
        try:
            await asyncio.to_thread(striking.let_vendors_lie)
            await asyncio.gather(striking.run(faults, tell), crowd.start_items())
            await asyncio.to_thread(striking.end_lies)
            quiet = time.monotonic()
            tell("the faults are over")
            left = await _come_to_rest(stage, plan, clerk, patience_s)
            for item_id in left:
                tell(f"{item_id} is left: {await _what_holds(stage, item_id)}")
            drained = time.monotonic() - quiet
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        evidence = await gather(stage, plan, crowd.accepted, left)
        struck = dict(sorted(striking.struck.items())) | {"workers that fell": len(stage.fleet.fell)}
        outcome = Outcome(
            seed=seed,
            seconds=0,
            drained_s=drained,
            struck=struck,
            lies=striking.lies,
            errors=crowd.errors,
            signals=crowd.signals,
            answers=dict(clerk.answers),
            evidence=evidence,
            breaches=judge(evidence),
        )
        if keep is not None:
            shutil.copytree(stage.home / "logs", keep, dirs_exist_ok=True)
        for line in stage.fleet.fell:
            tell(f"a worker fell: {line}")
        for row in evidence.items:
            if row["state"] in ("failed", "parked"):
                tell(f"{row['item_id']} {row['state']}: {row['reason']}")
    outcome.seconds = time.monotonic() - began
    return outcome


async def _come_to_rest(stage: Stage, plan: people.Plan, clerk: Clerk, patience_s: float) -> list[str]:
    """Wait until every item and every workflow has ended and every question is answered, or patience has ended."""
    deadline = time.monotonic() + patience_s
    before = len(plan.items)
    while True:
        left = await unfinished(stage.database, plan) or await _still_running(stage)
        if len(left) < before:
            before, deadline = len(left), time.monotonic() + patience_s
        asked = await clerk.parked_operations()
        if not (left or asked) or time.monotonic() > deadline:
            return left
        await asyncio.sleep(LOOK_EVERY_S)


async def _still_running(stage: Stage) -> list[str]:
    """Return the items whose workflows go on."""
    running = stage.client.list_workflows("ExecutionStatus = 'Running'")
    return [found.id.removeprefix("content/") async for found in running]


async def _what_holds(stage: Stage, item_id: str) -> str:
    """Return what Temporal says of an item that does not end."""
    described = await stage.client.get_workflow_handle(names.workflow_id(item_id)).describe()
    pending = [
        f"{activity.activity_type.name} at attempt {activity.attempt}: {activity.last_failure.message}"
        for activity in described.raw_description.pending_activities
    ]
    step = described.raw_description.pending_workflow_task.attempt
    return "; ".join([f"{described.status}", *pending, *([f"its step at attempt {step}"] if step else [])])


async def _show(stage: Stage) -> None:
    """Say every few seconds how the items stand."""
    while True:
        await asyncio.sleep(10)
        with contextlib.suppress(*people.AWAY):
            async with stage.database.statements() as connection:
                rows = await item_rows.newest(connection, most=10_000)
            states = Counter(row.state if row.state.ended else row.stage for row in rows)
            tell(f"          {', '.join(f'{count} {name}' for name, count in sorted(states.items()))}")
