"""Content items in the database: opened once, closed once, and what was made on the way."""

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from pydantic import Field

from activities.store.campaigns import no_campaign
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.idea import Remembered
from schema.item import ItemState
from schema.money import Book
from schema.payload import Payload
from schema.plan import ItemPlan
from schema.scene import ScenePrompt, Take
from schema.words import FormatWords


class ItemRow(Payload):
    """An item as the list of items shows it."""

    item_id: str
    account_id: str
    campaign_id: str | None = None
    forerunner_id: str | None = None
    """The ended item that it takes up again."""
    format: str
    state: ItemState
    stage: str
    """What it is busy with, as far as the database shows: it needs no worker to answer."""
    topic: str | None = None
    """What the person asked for."""
    title: str | None
    reason: str
    video_key: str | None
    created_at: datetime
    ended_at: datetime | None
    cost_microusd: int = Field(default=0)
    book: Book = Book.SIMULATED


class LogLine(Payload):
    """One line of an item's processing log."""

    event: str
    detail: str
    created_at: datetime


_ROW = """
    select item.item_id, item.account_id, item.campaign_id, item.forerunner_id, format, item.state, title,
           item.reason, video_key, plan ->> 'topic' as topic, case
               when ended_at is not null then 'done'
               when shown.state = 'open' then 'review'
               when shown.state = 'approved' then 'publish'
               when made.takes >= coalesce(jsonb_array_length(plan -> 'source' -> 'clips'),
                                           (plan -> 'source' ->> 'count')::integer, 1) then 'compose'
               when plan -> 'source' ->> 'kind' = 'own footage' then 'footage'
               when made.prompts > 0 then 'scenes'
               when concept <> '' then 'prompts'
               else 'idea' end as stage,
           item.created_at, ended_at, coalesce(cost.charged, 0)::bigint as cost_microusd, plan ->> 'book' as book
    from item
    left join lateral (
        select state, case when state = 'revised' then round + 1 else round end as round from review
        where review.item_id = item.item_id order by review.round desc, revision desc limit 1) as shown on true
    left join lateral (
        select (select count(*) from take
                where take.item_id = item.item_id and take.round = coalesce(shown.round, 1)) as takes,
               (select count(*) from scene
                where scene.item_id = item.item_id and scene.round = coalesce(shown.round, 1)) as prompts
        where item.ended_at is null) as made on true
    left join lateral (
        select sum(charged_microusd) as charged from operation
        where operation.item_id = item.item_id and operation.book = item.plan ->> 'book') as cost on true
"""


async def open_once(connection: Connection, plan: ItemPlan, words: FormatWords) -> tuple[ItemPlan, ItemState]:
    """Store a new item; return the first plan ever stored for it, and its state.

    `words` are what its writers are told in all its rounds.

    Raises `Trouble` (`bad_input`) where its account has no such campaign.
    """
    try:
        cursor = await _insert(connection, plan, words)
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
    cursor = await connection.execute("select plan, state from item where item_id = %s", [plan.item_id])
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"item {plan.item_id!r} is not there right after it was stored")
    return ItemPlan.model_validate(row["plan"]), ItemState(row["state"])


async def _insert(connection: Connection, plan: ItemPlan, words: FormatWords) -> psycopg.AsyncCursor[DictRow]:
    return await connection.execute(
        """
        insert into item (item_id, account_id, campaign_id, format, format_version, format_sha256, title, plan,
                          words, forerunner_id, line_id)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (item_id) do nothing returning state
        """,
        [
            plan.item_id,
            plan.account_id,
            plan.campaign_id,
            plan.format.name,
            plan.format.version,
            plan.format.sha256,
            plan.title,
            Jsonb(plan.model_dump(mode="json")),
            Jsonb(words.model_dump(mode="json")),
            plan.taken_up.forerunner_id if plan.taken_up else None,
            plan.forerunners[0] if plan.forerunners else plan.item_id,
        ],
    )


async def plan_of(connection: Connection, item_id: str) -> ItemPlan:
    """Return what an item lives by, holding its row against a concurrent end. Raises `Trouble` (`bad_input`)."""
    cursor = await connection.execute("select plan from item where item_id = %s for share", [item_id])
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(Fault.BAD_INPUT, f"there is no item {item_id!r}; `reelwright items` shows them")
    return ItemPlan.model_validate(row["plan"])


async def words_of_item(connection: Connection, item_id: str) -> FormatWords:
    """Return the words that an item is written by. Raises `LookupError` where there is no such item."""
    cursor = await connection.execute("select words from item where item_id = %s", [item_id])
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"item {item_id!r} is not stored")
    return FormatWords.model_validate(row["words"])


async def last_titles(connection: Connection, account_id: str, most: int) -> tuple[str, ...]:
    """Return the titles of the account's newest items, newest first."""
    cursor = await connection.execute(
        "select title from item where account_id = %s and title is not null order by created_at desc limit %s",
        [account_id, most],
    )
    return tuple([row["title"] async for row in cursor])


async def earlier_ideas(connection: Connection, item_id: str, most: int) -> list[Remembered]:
    """Return the newest ideas of the account before this item, newest first."""
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


async def set_stage(
    connection: Connection,
    item_id: str,
    stage: str,
    *,
    idea: Remembered | None = None,
    video_key: str | None = None,
) -> None:
    """Note what a running item is busy with, and what it is called or where its file lies where that is new."""
    await connection.execute(
        """
        update item set stage = %s, state = case when %s = 'review' then 'waiting' else 'running' end,
            title = coalesce(title, %s), concept = coalesce(%s, concept), video_key = coalesce(%s, video_key)
        where item_id = %s and ended_at is null
        """,
        [stage, stage, idea and idea.title, idea and idea.concept, video_key, item_id],
    )


async def heard(connection: Connection, item_id: str, review_id: str, stage: str) -> None:
    """Note that the workflow has read how its newest review was closed: it waits no more, and is told no more.

    Nothing changes where something newer is on show.
    """
    await connection.execute(
        """
        update item set state = 'running', stage = %(stage)s
        where item_id = %(item_id)s and state = 'waiting' and %(review_id)s = (
            select review_id from review where review.item_id = item.item_id and state <> 'open'
              and (round, revision) >= all (select round, revision from review where review.item_id = item.item_id))
        """,
        {"item_id": item_id, "review_id": review_id, "stage": stage},
    )


async def close(connection: Connection, item_id: str, state: ItemState, reason: str) -> ItemState:
    """End an item; return how it ended, which is the first ending ever stored."""
    cursor = await connection.execute(
        """
        update item set state = %s, reason = %s, stage = 'done', ended_at = now()
        where item_id = %s and ended_at is null returning state
        """,
        [state, reason[:500], item_id],
    )
    if await cursor.fetchone() is None:
        cursor = await connection.execute("select state from item where item_id = %s", [item_id])
        row = await cursor.fetchone()
        return ItemState(row["state"]) if row else state
    await note(connection, item_id, f"ended: {state}", reason)
    return state


async def store_prompts(
    connection: Connection, item_id: str, account_id: str, round_number: int, prompts: Sequence[ScenePrompt]
) -> None:
    """Store the prompts of a round; those that were stored before stay."""
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


async def store_take(
    connection: Connection, item_id: str, account_id: str, round_number: int, take: Take
) -> None:
    """Store a take; one that was stored before stays."""
    await connection.execute(
        """
        insert into take (item_id, account_id, round, scene, storage_key, sha256, size_bytes, duration_seconds,
                          width_px, height_px, has_sound, cost_microusd, vendor, model, operation_id, stand_in,
                          why, kept_from)
        values (%(item_id)s, %(account_id)s, %(round)s, %(scene)s, %(key)s, %(sha256)s, %(size_bytes)s,
                %(seconds)s, %(width_px)s, %(height_px)s, %(has_sound)s, %(cost_microusd)s, %(vendor)s, %(model)s,
                %(operation_id)s, %(stand_in)s, %(why)s, %(kept_from)s)
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
    connection: Connection, account_id: str, request_sha256: str, book: Book, most: int
) -> list[Take]:
    """Return the clips that the account has bought by exactly this request, newest first."""
    cursor = await connection.execute(
        """
        select take.scene, storage_key as key, sha256, size_bytes, duration_seconds * interval '1 second' as duration,
               width_px, height_px, has_sound, cost_microusd, take.vendor, take.model, take.operation_id, stand_in, why
        from operation join take using (operation_id)
        where operation.account_id = %s and request_sha256 = %s and book = %s
          and kind = 'paid' and operation.state = 'settled'
        order by operation.created_at desc limit %s
        """,
        [account_id, request_sha256, book, most],
    )
    return [Take.model_validate(row) async for row in cursor]


async def takes_of(connection: Connection, item_id: str) -> list[dict[str, object]]:
    """Return the takes of an item, in order."""
    cursor = await connection.execute(
        "select * from take where item_id = %s order by round, scene", [item_id]
    )
    return await cursor.fetchall()


async def get(connection: Connection, item_id: str) -> ItemRow:
    """Return one item. Raises `Trouble` (`bad_input`) where there is none."""
    cursor = await connection.execute(f"{_ROW} where item.item_id = %s", [item_id])
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(Fault.BAD_INPUT, f"there is no item {item_id!r}; `reelwright items` shows them")
    return ItemRow.model_validate(row)


async def newest(
    connection: Connection, *, account_id: str | None = None, state: ItemState | None = None, most: int = 20
) -> list[ItemRow]:
    """Return the newest items, newest first."""
    cursor = await connection.execute(
        f"""{_ROW}
        where (%(account_id)s::text is null or item.account_id = %(account_id)s)
          and (%(state)s::text is null or item.state = %(state)s)
        order by item.created_at desc limit %(most)s
        """,
        {"account_id": account_id, "state": state, "most": most},
    )
    return [ItemRow.model_validate(row) async for row in cursor]


async def note(connection: Connection, item_id: str, event: str, detail: str = "") -> None:
    """Append to the item's processing log."""
    await connection.execute(
        """
        insert into processing_log (account_id, item_id, event, detail)
        select account_id, item_id, %s, %s from item where item_id = %s
        """,
        [event, detail[:2000], item_id],
    )


async def log_of(connection: Connection, item_id: str) -> list[LogLine]:
    """Return the item's processing log, oldest first."""
    cursor = await connection.execute(
        "select event, detail, created_at from processing_log where item_id = %s order by log_id", [item_id]
    )
    return [LogLine.model_validate(row) async for row in cursor]
