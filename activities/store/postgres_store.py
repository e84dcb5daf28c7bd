"""The store in PostgreSQL. Each method is one statement, so none needs a transaction around it.

What other transactions ask as well stands in `account_rows.py` and `item_rows.py`, as functions of a connection.
"""

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from activities.store import account_rows, item_rows
from activities.store.campaign_rows import no_campaign
from activities.store.database import Connection, Database
from schema.content.idea import Remembered
from schema.content.scene import ScenePrompt, Take
from schema.failure import Fault, Trouble
from schema.formats.instruction import Instructions
from schema.items.account import Account
from schema.items.item import ItemState
from schema.items.plan import ItemPlan
from schema.money import Book


class PostgresStore:
    """Implements the `Store` port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, account_id: str) -> Account:
        """Return an account. Raises `Trouble` (`bad_input`) where there is none."""
        async with self._database.statements() as connection:
            return await account_rows.get(connection, account_id)

    async def last_titles(self, account_id: str, most: int) -> tuple[str, ...]:
        """Return the titles of the account's newest items, newest first."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                """
                select title from item where account_id = %s and title is not null
                order by created_at desc limit %s
                """,
                [account_id, most],
            )
            return tuple([row["title"] async for row in cursor])

    async def earlier_ideas(self, item_id: str, most: int) -> list[Remembered]:
        """Return the newest ideas of the item's account before it, newest first."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                """
                select item.title, item.concept
                from item join item as this using (account_id)
                where this.item_id = %(item_id)s and item.created_at < this.created_at and item.title is not null
                order by item.created_at desc limit %(most)s
                """,
                {"item_id": item_id, "most": most},
            )
            return [Remembered.model_validate(row) async for row in cursor]

    async def open_once(self, plan: ItemPlan, instructions: Instructions) -> tuple[ItemPlan, ItemState]:
        """Store a new item's plan and instructions; return the first plan ever stored for it, and the item's state.

        `instructions` are what its writers are told in all its rounds. Raises `Trouble` (`bad_input`) where its account
        has no such campaign, or its forerunner was taken up before.
        """
        async with self._database.statements() as connection:
            try:
                cursor = await _insert(connection, plan, instructions)
            except psycopg.errors.UniqueViolation as error:
                if error.diag.constraint_name != "item_one_successor" or plan.taken_up is None:
                    raise
                line = f"{plan.taken_up.forerunner_id} was taken up again already, by another item"
                raise Trouble(Fault.BAD_INPUT, line) from error
            except psycopg.errors.ForeignKeyViolation as error:
                if error.diag.constraint_name != "item_of_campaign":
                    raise
                raise Trouble(Fault.BAD_INPUT, no_campaign(plan.account_id, plan.campaign_id)) from error
            if row := await cursor.fetchone():
                return plan, ItemState(row["state"])
            cursor = await connection.execute(
                "select plan, state from item where item_id = %s", [plan.item_id]
            )
            row = await cursor.fetchone()
        if row is None:
            raise LookupError(f"item {plan.item_id!r} is not there right after it was stored")
        return ItemPlan.model_validate(row["plan"]), ItemState(row["state"])

    async def instructions(self, item_id: str) -> Instructions:
        """Return what the writers of an item are told. Raises `LookupError` where there is no such item."""
        async with self._database.statements() as connection:
            cursor = await connection.execute("select instructions from item where item_id = %s", [item_id])
            row = await cursor.fetchone()
        if row is None:
            raise LookupError(f"item {item_id!r} is not stored")
        return Instructions.model_validate(row["instructions"])

    async def plan(self, item_id: str) -> ItemPlan:
        """Return what an item lives by. Raises `Trouble` (`bad_input`) where there is none."""
        async with self._database.statements() as connection:
            return await item_rows.plan_of(connection, item_id)

    async def store_idea(self, item_id: str, idea: Remembered) -> None:
        """Store the idea of a running item; a title that the item has already stays."""
        async with self._database.statements() as connection:
            await item_rows.store_idea(connection, item_id, idea)

    async def heard(self, item_id: str, review_id: str) -> None:
        """Note that the workflow has read how its review was closed: it waits and is hinted no more.

        Nothing changes where something newer is on show.
        """
        async with self._database.statements() as connection:
            await connection.execute(
                """
                update item set state = 'running'
                where item_id = %(item_id)s and state = 'waiting' and %(review_id)s = (
                    select case when state <> 'open' then review_id end from review
                    where review.item_id = item.item_id order by review_number desc limit 1)
                """,
                {"item_id": item_id, "review_id": review_id},
            )

    async def store_prompts(
        self, item_id: str, account_id: str, round_number: int, prompts: tuple[ScenePrompt, ...]
    ) -> None:
        """Store the prompts of a round; those that were stored before stay."""
        async with self._database.statements() as connection:
            await connection.execute(
                """
                insert into scene (item_id, account_id, round, scene, video_prompt, audio_prompt)
                select %s, %s, %s, * from unnest(%s::integer[], %s::text[], %s::text[]) on conflict do nothing
                """,
                [
                    item_id,
                    account_id,
                    round_number,
                    [prompt.scene for prompt in prompts],
                    [prompt.video for prompt in prompts],
                    [prompt.audio for prompt in prompts],
                ],
            )

    async def store_take(self, item_id: str, account_id: str, round_number: int, take: Take) -> None:
        """Store a take; one that was stored before stays."""
        async with self._database.statements() as connection:
            await connection.execute(
                """
                insert into take (item_id, account_id, round, scene, storage_key, sha256, size_bytes,
                                  duration_seconds, width_px, height_px, has_sound, cost_microusd, vendor, model,
                                  operation_id, stand_in, why, reused_from)
                values (%(item_id)s, %(account_id)s, %(round)s, %(scene)s, %(key)s, %(sha256)s, %(size_bytes)s,
                        %(seconds)s, %(width_px)s, %(height_px)s, %(has_sound)s, %(cost_microusd)s, %(vendor)s,
                        %(model)s, %(operation_id)s, %(stand_in)s, %(why)s, %(reused_from)s)
                on conflict do nothing
                """,
                take.model_dump()
                | {
                    "item_id": item_id,
                    "account_id": account_id,
                    "round": round_number,
                    "seconds": take.duration.total_seconds(),
                },
            )

    async def takes_of_request(
        self, account_id: str, request_sha256: str, book: Book, most: int
    ) -> list[Take]:
        """Return the clips that the account has bought by exactly this request, newest first."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                """
                select take.scene, storage_key as key, sha256, size_bytes,
                       duration_seconds * interval '1 second' as duration, width_px, height_px, has_sound,
                       cost_microusd, take.vendor, take.model, take.operation_id, stand_in, why
                from operation join take using (operation_id)
                where operation.account_id = %s and request_sha256 = %s and book = %s
                  and kind = 'paid' and operation.state = 'settled'
                order by operation.created_at desc limit %s
                """,
                [account_id, request_sha256, book, most],
            )
            return [Take.model_validate(row) async for row in cursor]

    async def name_final(self, item_id: str, video_key: str) -> None:
        """Note where the published video of an ended item lies. May be repeated."""
        async with self._database.statements() as connection:
            await connection.execute(
                "update item set video_key = %s where item_id = %s", [video_key, item_id]
            )

    async def note(self, item_id: str, event: str, detail: str = "") -> None:
        """Append to the item's processing log."""
        async with self._database.statements() as connection:
            await item_rows.note(connection, item_id, event, detail)


async def _insert(
    connection: Connection, plan: ItemPlan, instructions: Instructions
) -> psycopg.AsyncCursor[DictRow]:
    return await connection.execute(
        """
        insert into item (item_id, account_id, campaign_id, format, title, plan, instructions, forerunner_id, line_id)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (item_id) do nothing returning state
        """,
        [
            plan.item_id,
            plan.account_id,
            plan.campaign_id,
            plan.format.name,
            plan.title,
            Jsonb(plan.model_dump(mode="json")),
            Jsonb(instructions.model_dump(mode="json")),
            plan.taken_up.forerunner_id if plan.taken_up else None,
            plan.forerunners[0] if plan.forerunners else plan.item_id,
        ],
    )
