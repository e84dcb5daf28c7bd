"""The person who answers parked operations, by what the studios' own pages show."""

import asyncio
import contextlib
from collections import Counter

from activities.ledger import parked_operations
from activities.ledger.parked_operations import ParkedOperation
from activities.studios.request_mapping import marker_of
from schema.failure import Trouble
from schema.purchases.operation import OperationState
from tests.chaos.evidence import Row
from tests.chaos.figures import of
from tests.chaos.people import AWAY
from tests.chaos.stage import Stage

LOOK_EVERY_S = 1.0
STUDIOS = ("fal", "replicate")


class Clerk:
    """Looks up at both studios what is parked, and adopts it or says that there is none."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.answers: Counter[str] = Counter()

    async def look_after_parked(self) -> None:
        """Answer what is parked, until cancelled."""
        while True:
            with contextlib.suppress(*AWAY, Trouble):  # somebody is looking it up at this moment
                for question in await self.parked_operations():
                    await self._answer(question)
            await asyncio.sleep(LOOK_EVERY_S)

    async def parked_operations(self) -> list[ParkedOperation]:
        """Return the orders of clips that are parked; what an ended item left open is the product's own to mend."""
        async with self._stage.database.transaction() as connection:
            found = await parked_operations.parked_operations(connection)
        return [
            question
            for question in found
            if question.operation.state is OperationState.PARKED and question.operation.vendor in STUDIOS
        ]

    async def _answer(self, question: ParkedOperation) -> None:
        operation_id = question.operation.operation_id
        mark = str(marker_of(operation_id))
        pages: list[Row] = [
            line
            for name in STUDIOS
            for line in await asyncio.to_thread(self._stage.vendors[name].journal)
            if line["marker"] == mark
        ]
        jobs = [line["handle"] for line in of(pages, "submitted")]
        if jobs and all(line["effect"] == "submitted" for line in pages):
            return  # it still runs, and may yet be charged
        charged = sum(line["amount_microusd"] for line in of(pages, "charged"))
        async with self._stage.database.transaction() as connection:
            if jobs:
                await parked_operations.adopt(connection, operation_id, "ada", jobs[0], charged)
            else:
                await parked_operations.prove_none(connection, operation_id, "ada")
        self.answers["adopted" if jobs else "none"] += 1
