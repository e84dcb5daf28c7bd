"""The store in PostgreSQL. Each method is one statement, so none needs a transaction around it."""

from activities.store import accounts, items
from activities.store.database import Database
from schema.account import Account
from schema.idea import Remembered
from schema.item import ItemState
from schema.money import Book
from schema.plan import ItemPlan
from schema.scene import ScenePrompt, Take
from schema.words import FormatWords


class PostgresStore:
    """Implements the `Store` port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, account_id: str) -> Account:
        """Return an account. Raises `Trouble` (`bad_input`) where there is none."""
        async with self._database.statements() as connection:
            return await accounts.get(connection, account_id)

    async def last_titles(self, account_id: str, most: int) -> tuple[str, ...]:
        """Return the titles of the account's newest items, newest first."""
        async with self._database.statements() as connection:
            return await items.last_titles(connection, account_id, most)

    async def earlier_ideas(self, item_id: str, most: int) -> list[Remembered]:
        """Return the newest ideas of the item's account before it, newest first."""
        async with self._database.statements() as connection:
            return await items.earlier_ideas(connection, item_id, most)

    async def open_once(self, plan: ItemPlan, words: FormatWords) -> tuple[ItemPlan, ItemState]:
        """Store a new item's plan and words; return the first plan ever stored for it, and the item's state."""
        async with self._database.statements() as connection:
            return await items.open_once(connection, plan, words)

    async def words(self, item_id: str) -> FormatWords:
        """Return the words that an item is written by, as its format had them when it was opened."""
        async with self._database.statements() as connection:
            return await items.words_of_item(connection, item_id)

    async def plan(self, item_id: str) -> ItemPlan:
        """Return what an item lives by. Raises `Trouble` (`bad_input`) where there is none."""
        async with self._database.statements() as connection:
            return await items.plan_of(connection, item_id)

    async def set_stage(self, item_id: str, stage: str, *, idea: Remembered | None = None) -> None:
        """Note what a running item is busy with."""
        async with self._database.statements() as connection:
            await items.set_stage(connection, item_id, stage, idea=idea)

    async def heard(self, item_id: str, review_id: str, stage: str) -> None:
        """Note that the workflow has read how its newest review was closed, and what it does next."""
        async with self._database.statements() as connection:
            await items.heard(connection, item_id, review_id, stage)

    async def store_prompts(
        self, item_id: str, account_id: str, round_number: int, prompts: tuple[ScenePrompt, ...]
    ) -> None:
        """Store the prompts of a round."""
        async with self._database.statements() as connection:
            await items.store_prompts(connection, item_id, account_id, round_number, prompts)

    async def store_take(self, item_id: str, account_id: str, round_number: int, take: Take) -> None:
        """Store a take."""
        async with self._database.statements() as connection:
            await items.store_take(connection, item_id, account_id, round_number, take)

    async def takes_of_request(
        self, account_id: str, request_sha256: str, book: Book, most: int
    ) -> list[Take]:
        """Return the clips that the account has bought by exactly this request, newest first."""
        async with self._database.statements() as connection:
            return await items.takes_of_request(connection, account_id, request_sha256, book, most)

    async def note(self, item_id: str, event: str, detail: str = "") -> None:
        """Append to the item's processing log."""
        async with self._database.statements() as connection:
            await items.note(connection, item_id, event, detail)
