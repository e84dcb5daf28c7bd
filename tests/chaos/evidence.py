"""What is known after a run: the journals of the other side, and beside them what the product believes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from activities.store.database import Database
from activities.studios.request_mapping import marker_of
from tests.chaos.people import Accepted, Plan
from tests.chaos.stage import Stage
from tests.journals import read_lines

Row = dict[str, Any]
ROUNDS, SCENES, ATTEMPTS = 5, 3, 12
"""How far operations are thought of that the ledger may not know."""


@dataclass
class Evidence:
    """Journals line by line, rows of the database, and what people were answered."""

    plan: Plan
    studio: list[Row]
    """Of both studios: a slot is bought once, wherever."""
    writer: list[Row]
    platform: list[Row]
    items: list[Row]
    operations: list[Row]
    budgets: list[Row]
    reviews: list[Row]
    accepted: Sequence[Accepted]
    left_unfinished: list[str] = field(default_factory=list[str])
    """Items that had not ended when patience did, or whose workflows had not."""

    def operation_of_marker(self) -> dict[str, str]:
        """Return which operation each marker at the studio means: those of the ledger, and all it could have made."""
        thought_of = {
            str(marker_of(operation_id)): operation_id
            for wanted in self.plan.items
            for round_ in range(1, ROUNDS + 1)
            for scene in range(1, SCENES + 1)
            for attempt in range(1, ATTEMPTS + 1)
            if (operation_id := f"{wanted.item_id}/{round_}/scene/{scene}/{attempt}")
        }
        known = {str(marker_of(row["operation_id"])): row["operation_id"] for row in self.operations}
        return thought_of | known


async def gather(stage: Stage, plan: Plan, accepted: Sequence[Accepted], unfinished: list[str]) -> Evidence:
    """Read all of it, when everything is quiet."""

    async def rows(query: str) -> list[Row]:
        async with stage.database.transaction() as connection:
            return [dict(row) async for row in await connection.execute(query.encode())]

    return Evidence(
        plan=plan,
        studio=[
            line | {"vendor": name} for name in ("fal", "replicate") for line in stage.vendors[name].journal()
        ],
        writer=stage.vendors["anthropic"].journal(),
        platform=read_lines(stage.outbox),
        items=await rows("select item_id, account_id, state, reason from item"),
        operations=await rows(
            """select operation_id, slot, attempt, kind, item_id, account_id, vendor, state, reserved_microusd,
                      charged_microusd, handle, reason, resolving_since is not null as was_unknown
               from operation order by created_at, operation_id"""
        ),
        budgets=await rows("select * from budget order by scope"),
        reviews=await rows(
            """select review_id, item_id, round, revision, artifacts -> 0 ->> 'sha256' as video_sha256, state
               from review where gate = 'video'"""
        ),
        accepted=tuple(accepted),
        left_unfinished=unfinished,
    )


async def unfinished(database: Database, plan: Plan) -> list[str]:
    """Return the items that are not in a named end state."""
    async with database.transaction() as connection:
        cursor = await connection.execute("select item_id from item where ended_at is not null")
        ended = {row["item_id"] async for row in cursor}
    return [wanted.item_id for wanted in plan.items if wanted.item_id not in ended]
