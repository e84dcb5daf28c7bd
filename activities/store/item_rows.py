"""Content items in the database: opened once, closed once, and what was made on the way."""

from datetime import datetime

from psycopg.types.json import Jsonb
from pydantic import Field

from activities.store.database import Connection
from schema.content.idea import Remembered
from schema.failure import Fault, Trouble
from schema.items.item import ItemState
from schema.items.plan import ItemPlan
from schema.items.stage import stages_by_gate
from schema.money import Book
from schema.payload import Payload

MOST_DETAIL = 2_000
"""Characters of a line of the processing log."""


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
    review_ends: datetime | None = None
    """When the review that is on show ends; None where nothing is."""
    round_price_microusd: int | None = None
    """What one more round would cost at most; None where nothing is on show."""


class LogLine(Payload):
    """One line of an item's processing log."""

    event: str
    detail: str
    created_at: datetime


_ROW = """
    select item.item_id, item.account_id, item.campaign_id, item.forerunner_id, format, item.state, title,
           item.reason, video_key, plan ->> 'topic' as topic, case
               when ended_at is not null then 'done'
               when shown.state = 'open' then coalesce(%(stages)s::jsonb ->> shown.gate, 'review')
               when shown.state = 'approved' and shown.gate = 'video' then 'publish'
               when made.takes >= coalesce(jsonb_array_length(plan -> 'source' -> 'clips'),
                                           (plan -> 'source' ->> 'count')::integer, 1) then 'compose'
               when plan -> 'source' ->> 'kind' = 'own footage' then 'footage'
               when made.prompts > 0 then 'scenes'
               when concept <> '' then 'prompts'
               else 'idea' end as stage,
           item.created_at, ended_at, coalesce(cost.charged, 0)::bigint as cost_microusd, plan ->> 'book' as book,
           case when shown.state = 'open' then shown.deadline end as review_ends,
           case when shown.state = 'open' then shown.round_price_microusd end as round_price_microusd
    from item
    left join lateral (
        select state, gate, case when state = 'revised' then round + 1 else round end as round, deadline,
               round_price_microusd
        from review
        where review.item_id = item.item_id order by review_number desc limit 1) as shown on true
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


async def plan_of(connection: Connection, item_id: str) -> ItemPlan:
    """Return what an item lives by, holding its row against a concurrent end. Raises `Trouble` (`bad_input`)."""
    cursor = await connection.execute("select plan from item where item_id = %s for share", [item_id])
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(Fault.BAD_INPUT, f"there is no item {item_id!r}; `reelwright items` shows them")
    return ItemPlan.model_validate(row["plan"])


async def store_idea(connection: Connection, item_id: str, idea: Remembered) -> None:
    """Store the idea of a running item; a title that the item has already stays."""
    await connection.execute(
        "update item set title = coalesce(title, %s), concept = %s where item_id = %s and ended_at is null",
        [idea.title, idea.concept, item_id],
    )


async def wait_for_person(connection: Connection, item_id: str, video_key: str | None) -> None:
    """Store that a running item waits for a decision; None leaves the video that it showed before."""
    await connection.execute(
        """
        update item set state = 'waiting', video_key = coalesce(%s, video_key)
        where item_id = %s and ended_at is null
        """,
        [video_key, item_id],
    )


async def close(connection: Connection, item_id: str, state: ItemState, reason: str) -> ItemState:
    """End an item; return how it ended, which is the first ending ever stored."""
    cursor = await connection.execute(
        """
        with ended as (
            update item set state = %(state)s, reason = %(reason)s, ended_at = now()
            where item_id = %(item_id)s and ended_at is null returning account_id, item_id
        )
        insert into processing_log (account_id, item_id, event, detail)
        select account_id, item_id, %(event)s, %(detail)s from ended returning item_id
        """,
        {
            "state": state,
            "reason": reason[:500],
            "item_id": item_id,
            "event": f"ended: {state}",
            "detail": reason[:MOST_DETAIL],
        },
    )
    if await cursor.fetchone() is None:
        cursor = await connection.execute("select state from item where item_id = %s", [item_id])
        row = await cursor.fetchone()
        return ItemState(row["state"]) if row else state
    return state


async def takes_of(connection: Connection, item_id: str) -> list[dict[str, object]]:
    """Return the takes of an item, in order."""
    cursor = await connection.execute(
        "select * from take where item_id = %s order by round, scene", [item_id]
    )
    return await cursor.fetchall()


async def get(connection: Connection, item_id: str) -> ItemRow:
    """Return one item. Raises `Trouble` (`bad_input`) where there is none."""
    cursor = await connection.execute(
        f"{_ROW} where item.item_id = %(item_id)s", {"item_id": item_id, "stages": Jsonb(stages_by_gate())}
    )
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
        {"account_id": account_id, "state": state, "most": most, "stages": Jsonb(stages_by_gate())},
    )
    return [ItemRow.model_validate(row) async for row in cursor]


async def note(connection: Connection, item_id: str, event: str, detail: str = "") -> None:
    """Append to the item's processing log."""
    await connection.execute(
        """
        insert into processing_log (account_id, item_id, event, detail)
        select account_id, item_id, %s, %s from item where item_id = %s
        """,
        [event, detail[:MOST_DETAIL], item_id],
    )


async def log_of(connection: Connection, item_id: str) -> list[LogLine]:
    """Return the item's processing log, oldest first."""
    cursor = await connection.execute(
        "select event, detail, created_at from processing_log where item_id = %s order by log_id", [item_id]
    )
    return [LogLine.model_validate(row) async for row in cursor]
