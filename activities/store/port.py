"""What the store can be asked by activities."""

from typing import Protocol

from schema.content.idea import Remembered
from schema.content.scene import ScenePrompt, Take
from schema.formats.instruction import Instructions
from schema.items.account import Account
from schema.items.item import ItemState
from schema.items.plan import ItemPlan
from schema.money import Book


class Store(Protocol):
    """Accounts and items, in a database. Every method is one transaction and may be repeated."""

    async def account(self, account_id: str) -> Account:
        """Return an account. Raises `Trouble` (`bad_input`) where there is none."""
        ...

    async def last_titles(self, account_id: str, most: int) -> tuple[str, ...]:
        """Return the titles of the account's newest items, newest first."""
        ...

    async def earlier_ideas(self, item_id: str, most: int) -> list[Remembered]:
        """Return the newest ideas of the item's account before it, newest first."""
        ...

    async def open_once(self, plan: ItemPlan, instructions: Instructions) -> tuple[ItemPlan, ItemState]:
        """Store a new item's plan and instructions; return the first plan ever stored for it, and the item's state."""
        ...

    async def instructions(self, item_id: str) -> Instructions:
        """Return what the writers of an item are told, as its format had them when it was opened."""
        ...

    async def plan(self, item_id: str) -> ItemPlan:
        """Return what an item lives by. Raises `Trouble` (`bad_input`) where there is none."""
        ...

    async def store_idea(self, item_id: str, idea: Remembered) -> None:
        """Store the idea of a running item; a title that the item has already stays."""
        ...

    async def heard(self, item_id: str, review_id: str) -> None:
        """Note that the workflow has read how its newest review was closed."""
        ...

    async def store_prompts(
        self, item_id: str, account_id: str, round_number: int, prompts: tuple[ScenePrompt, ...]
    ) -> None:
        """Store the prompts of a round."""
        ...

    async def store_take(self, item_id: str, account_id: str, round_number: int, take: Take) -> None:
        """Store a take."""
        ...

    async def takes_of_request(
        self, account_id: str, request_sha256: str, book: Book, most: int
    ) -> list[Take]:
        """Return the clips that the account has bought by exactly this request, newest first, at most so many."""
        ...

    async def name_final(self, item_id: str, video_key: str) -> None:
        """Note where the published video of an ended item lies. May be repeated."""
        ...

    async def note(self, item_id: str, event: str, detail: str = "") -> None:
        """Append to the item's processing log."""
        ...
