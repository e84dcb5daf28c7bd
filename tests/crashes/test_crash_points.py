"""Kill or pause the worker at every named place: nothing is bought or posted twice, and no approval is lost.

The verdict is the vendors': the journals that they and the outbox keep themselves.
"""

import asyncio
import signal
from collections.abc import Callable

import pytest

from activities.ledger.crash_points import POINTS
from schema.items.item import ItemState
from tests.crashes.cases import BEYOND, POINTS_OF, Case, every_case
from tests.crashes.conftest import Scene
from tests.crashes.workers import died_of_sigkill, paused

pytestmark = pytest.mark.timeout(1_000)
PAUSE_S = 8.0
"""Longer than every lease of the short settings."""
REAL_PAUSE_S = 60.0
"""Longer than every lease that a send has."""


async def test_a_crash_there_costs_nothing(
    scene_in: Callable[[str], Scene], case: Case, pytestconfig: pytest.Config
) -> None:
    scene = scene_in(case.world)
    approving = asyncio.create_task(scene.approve_when_shown())
    if case.how == "killed":
        with scene.around.worker(CRASH_POINT=case.place) as doomed:
            handle = await scene.begin()
            assert await asyncio.to_thread(died_of_sigkill, doomed)
        with scene.around.worker():
            ended = await scene.finish(handle)
    else:
        with scene.around.worker(PAUSE_POINT=case.place) as sleeper:
            handle = await scene.begin()
            await asyncio.to_thread(paused, sleeper)
            with scene.around.worker():
                await asyncio.sleep(REAL_PAUSE_S if pytestconfig.getoption("--real-timings") else PAUSE_S)
                sleeper.send_signal(signal.SIGCONT)
                ended = await scene.finish(handle)
    assert ended.state is ItemState.PUBLISHED, ended.reason
    await approving
    await scene.vendors_counted_everything_once()


async def test_a_worker_killed_after_a_decision_is_stored_does_not_lose_it(
    scene_in: Callable[[str], Scene],
) -> None:
    scene = scene_in("offline")
    with scene.around.worker(CRASH_POINT="decision.stored") as doomed:
        handle = await scene.begin()
        await scene.shown(handle)
        await handle.signal("approve")
        assert await asyncio.to_thread(died_of_sigkill, doomed)
    with scene.around.worker():
        assert (await scene.finish(handle)).state is ItemState.PUBLISHED
    await scene.vendors_counted_everything_once()


def test_every_crash_point_is_in_the_plan() -> None:

    planned = {case.place.partition("@")[0] for case in every_case()} | {
        "decision.stored",
        "cap.raised",  # with a decision: tests/crashes/test_raised_caps.py
        "decision.inside",
        "message.delivered",  # not of an item: tests/crashes/test_messages.py
    }
    assert planned == set(POINTS)
    assert set(BEYOND).isdisjoint(point for points in POINTS_OF.values() for point in points)
