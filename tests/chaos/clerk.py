"""The person who answers what only a person can find out: what is parked, by what the studios' own pages show."""

import asyncio
import contextlib
from collections import Counter

from activities.ledger import questions
from activities.ledger.questions import Question
from activities.studios.asking import marker_of
from schema.failure import Trouble
from schema.operation import OperationState
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

    async def look_after_questions(self) -> None:
        """Answer what is parked, until cancelled."""
        while True:
            with contextlib.suppress(*AWAY, Trouble):  # somebody is looking it up at this moment
                for question in await self.open_questions():
                    await self._answer(question)
            await asyncio.sleep(LOOK_EVERY_S)

    async def open_questions(self) -> list[Question]:
        """Return the orders of clips that are parked; what an ended item left open is the product's own to mend."""
        async with self._stage.database.transaction() as connection:
            found = await questions.open_questions(connection)
        return [
            question
            for question in found
            if question.operation.state is OperationState.PARKED and question.operation.vendor in STUDIOS
        ]

    async def _answer(self, question: Question) -> None:
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
                await questions.adopt(connection, operation_id, "ada", jobs[0], charged)
            else:
                await questions.prove_none(connection, operation_id, "ada")
        self.answers["adopted" if jobs else "none"] += 1
