"""Everything that a revised round buys is bought on behalf of the reviewer who asked for it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from activities.ledger import scopes
from activities.ledger.scopes import Caps, Scope
from activities.offline.offline_writer import OfflineWriter
from activities.store.database import Database
from activities.writers.port import Written
from activities.writers.task import Mend, WritingTask
from schema.payload import Payload
from schema.purchases.operation import Limits, Order
from schema.purchases.scope import scope_name
from starter.items.start_item import Handle
from tests.house import House, open_house
from tests.services import TemporalServer

T = TypeVar("T", bound=Payload)
WORDS = 10_000
SCENES = 3 * 500_000


class ChargingWriter(OfflineWriter):
    """An offline writer that takes money for each text."""

    def worst_case_microusd(self, task: WritingTask[Any], mend: Mend | None = None) -> int:
        """Return what every text costs."""
        return WORDS

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Write one text, and charge for it."""
        return (await super().write(task, mend)).model_copy(update={"charged_microusd": WORDS})


@pytest.fixture
async def house(temporal: TemporalServer, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(temporal.address, database, tmp_path, writer=ChargingWriter()) as opened:
        yield opened


@pytest.fixture
def cap_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Give every person a budget of the month; called, it sets the cap of one of them."""
    caps: dict[str, int] = {}

    def month(order: Order, _: Limits | None, __: Caps) -> Scope:
        cap = caps.get(order.on_behalf_of)
        return Scope(name=scope_name("person-month", order.on_behalf_of, "2026-11"), cap_microusd=cap)

    monkeypatch.setattr(scopes, "KINDS", (*scopes.KINDS, month))
    return caps.__setitem__


async def spent(house: House) -> dict[str, tuple[int, int]]:
    """What is reserved and settled in each person's budget."""
    async with house.database.statements() as connection:
        cursor = await connection.execute(
            """select split_part(scope, ':', 2) as person, reserved_microusd, settled_microusd from budget
            where starts_with(scope, 'person-month:')"""
        )
        return {row["person"]: (row["reserved_microusd"], row["settled_microusd"]) async for row in cursor}


async def begin(house: House) -> Handle:
    """Have an item made for Otto, up to its review."""
    handle = await house.begin(requested_by="otto", item_cap_microusd=9_000_000)
    await house.until(handle, "review")
    return handle


async def test_texts_and_scenes_of_a_round_are_bought_for_the_person_who_asked_for_it(house: House) -> None:
    handle = await begin(house)
    await house.say(handle, "revise", notes="warmer light", actor="ada")
    await house.until(handle, "review", round_number=2)
    await house.say(handle, "revise", notes="closer", actor="ben")
    await house.until(handle, "review", round_number=3)
    async with house.database.statements() as connection:
        cursor = await connection.execute("select distinct round, step, on_behalf_of from operation")
        bought = sorted([tuple(row.values()) async for row in cursor])
    assert bought == [
        (1, "idea", "otto"),
        (1, "prompts", "otto"),
        (1, "scene", "otto"),
        (2, "prompts", "ada"),
        (2, "scene", "ada"),
        (3, "prompts", "ben"),
        (3, "scene", "ben"),
    ]


async def test_words_that_the_reviewers_own_cap_does_not_hold_are_refused_and_the_earlier_cut_is_shown(
    house: House, cap_of: Callable[[str, int], None]
) -> None:
    cap_of("ada", SCENES + WORDS - 1)
    handle = await begin(house)
    first = await house.until(handle, "review")
    assert (await house.say(handle, "revise", notes="warmer light", actor="ada")).accepted
    again = await house.until(handle, "review", round_number=2)
    assert "round 2 was not made (the budget person-month:ada:2026-11" in again.last_word
    assert again.video_key == first.video_key
    assert len(house.studio.orders) == 3
    assert await spent(house) == {"otto": (0, SCENES + 2 * WORDS), "ada": (0, 0)}


async def test_a_round_is_made_while_the_cap_of_the_person_who_opened_the_item_is_used_up(
    house: House, cap_of: Callable[[str, int], None]
) -> None:
    cap_of("otto", SCENES + 2 * WORDS)
    handle = await begin(house)
    own = await house.say(handle, "revise", notes="warmer light", actor="otto")
    assert "the budget person-month:otto:2026-11 has $0.00" in own.line
    await house.say(handle, "revise", notes="warmer light", actor="ada")
    await house.until(handle, "review", round_number=2)
    assert await spent(house) == {"otto": (0, SCENES + 2 * WORDS), "ada": (0, SCENES + WORDS)}
