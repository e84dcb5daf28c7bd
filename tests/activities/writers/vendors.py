"""The paid writers under test, each with the vendor it speaks to, and an item that wants something written."""

import asyncio
import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.buying.writing import WritingPurchases
from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import NotResolvedYet
from activities.ledger.postgres_ledger import PostgresLedger
from activities.outbound.client import Bounds
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from activities.write_idea import Ideas
from activities.write_prompts import Prompts
from activities.writers.claude import AnthropicWriter
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from activities.writers.prompts_task import MAX_WORDS, MIN_WORDS
from schema.content.idea import Idea, IdeaBrief, IdeaRequest, PromptBrief, PromptRequest
from schema.content.scene import Storyboard
from schema.items.plan import ItemPlan
from schema.money import Book
from schema.prices.price_table import load_prices
from schema.purchases.operation import Operation
from tests.activities.ledger.scenery import open_item, plan
from tests.activities.offline.studio_process import free_port
from tests.timings import SHORT
from tests.vendors import anthropic, openai
from tests.vendors.process import VendorProcess, running

QUICK = Bounds(connect=timedelta(seconds=5), call=timedelta(seconds=1.5))
PaidWriter = AnthropicWriter | OpenAiCompatibleWriter


@dataclass
class WriterVendor:
    """A writer, one that reaches nobody, and the vendor it speaks to."""

    writer: PaidWriter
    unreachable: PaidWriter
    process: VendorProcess

    async def asked(self) -> None:
        """Wait until the vendor was asked."""
        while True:
            if self.asks():
                return
            await asyncio.sleep(0.02)

    def asks(self) -> int:
        """How often the vendor wrote, and charged."""
        return self.process.count("charged")

    def charged_microusd(self) -> int:
        """What the vendor charged in all."""
        return int(self.process.counters()["charged_microusd"])


@contextmanager
def _anthropic(folder: Path) -> Generator[WriterVendor]:
    def writer(url: str) -> AnthropicWriter:
        return AnthropicWriter(
            anthropic.KEY, load_prices("anthropic"), "claude-haiku-5-5", base_url=url, bounds=QUICK
        )

    with running("tests.vendors.anthropic", folder) as process:
        yield WriterVendor(writer(process.url), writer(f"http://127.0.0.1:{free_port()}"), process)


@contextmanager
def _openai(folder: Path) -> Generator[WriterVendor]:
    price = load_prices("openai").words(openai.MODEL)

    def writer(url: str) -> OpenAiCompatibleWriter:
        return OpenAiCompatibleWriter(openai.KEY, openai.MODEL, price, base_url=f"{url}/v1", bounds=QUICK)

    with running("tests.vendors.openai", folder) as process:
        yield WriterVendor(writer(process.url), writer(f"http://127.0.0.1:{free_port()}"), process)


WRITERS: dict[str, Callable[[Path], AbstractContextManager[WriterVendor]]] = {
    "anthropic": _anthropic,
    "openai": _openai,
}


def idea_brief(item: ItemPlan | None = None, **changes: object) -> IdeaBrief:
    """A brief of three scenes, with something of everything."""
    fields: dict[str, object] = {
        "book": "usd",
        "format": "asmr-craft",
        "account_voice": "calm, a little dry",
        "topic": "a bowl",
        "scenes": 3,
        "seed": item.seed if item else 7,
        "made_before": ("Moon jar at dusk",),
    }
    return IdeaBrief.model_validate(fields | changes)


def assert_fits(board: Storyboard, *, scenes: int, max_chars: int) -> None:
    """Hold prompts to what the format and the model want of them."""
    assert [prompt.scene for prompt in board.prompts] == list(range(1, scenes + 1))
    for prompt in board.prompts:
        assert len(prompt.text) <= max_chars
        assert MIN_WORDS <= len(prompt.text.split()) <= MAX_WORDS


@dataclass
class Author:
    """An item that has its idea and prompts written, through activities and ledger."""

    item: ItemPlan
    ideas: Ideas
    prompts: Prompts
    ledger: PostgresLedger
    database: Database
    home: Path

    @classmethod
    async def of(
        cls,
        database: Database,
        writer: PaidWriter,
        home: Path,
        points: CrashPoints = OFF,
        *,
        cap_microusd: int = 2_000_000,
        item_id: str = "crafts-20261120-abcdef",
        account_id: str = "crafts",
    ) -> "Author":
        """Open an item and join everything."""
        item = await open_item(database, plan(item_id, account_id=account_id, item_cap_microusd=cap_microusd))
        ledger = PostgresLedger(database, SHORT, points)
        store, storage = PostgresStore(database), FolderStorage(home)
        purchases = WritingPurchases(writer, ledger, store, storage)
        return cls(
            item,
            Ideas(dict.fromkeys(Book, purchases), store, storage),
            Prompts(dict.fromkeys(Book, purchases), store, storage),
            ledger,
            database,
            home,
        )

    async def idea(self, *, round_number: int = 1, on_behalf_of: str = "system", **changes: object) -> Idea:
        """Run the activity as Temporal would, for as long as an outcome is being found out."""
        brief = idea_brief(self.item, **changes)
        request = IdeaRequest(
            item_id=self.item.item_id, round=round_number, on_behalf_of=on_behalf_of, brief=brief
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    return await ActivityEnvironment().run(self.ideas.write_idea, request)
                except NotResolvedYet as wait:
                    await asyncio.sleep(min(wait.seconds, 0.1))

    async def storyboard(self, idea: Idea, *, on_behalf_of: str = "system", **changes: object) -> Storyboard:
        """Like `idea`, for the prompts of a round, the first by default."""
        fields = {"book": "usd", "format": "asmr-craft", "idea": idea, "round": 1}
        brief = PromptBrief.model_validate(fields | {"scenes": 3, "max_chars": 800} | changes)
        request = PromptRequest(
            item_id=self.item.item_id,
            account_id=self.item.account_id,
            on_behalf_of=on_behalf_of,
            brief=brief,
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    return await ActivityEnvironment().run(self.prompts.write_prompts, request)
                except NotResolvedYet as wait:
                    await asyncio.sleep(min(wait.seconds, 0.1))

    def kept(self, name: str) -> dict[str, Any]:
        """What is kept of one ask."""
        folder = self.home / "content" / self.item.item_id / "asks"
        return json.loads((folder / name).read_text("utf-8"))

    async def operations(self) -> list[Operation]:
        """What the ledger holds of the item."""
        return await self.ledger.of_item(self.item.item_id)

    async def budget(self) -> tuple[int, int]:
        """Reserved and settled of the item, in real dollars."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select reserved_microusd, settled_microusd from budget where scope = %s and book = 'usd'",
                [f"item:{self.item.item_id}"],
            )
            row = await cursor.fetchone()
        return (row["reserved_microusd"], row["settled_microusd"]) if row else (0, 0)
