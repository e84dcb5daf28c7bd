"""What keeps a post from being sent: holds, places, the end of its item, and the database itself."""

import asyncio

import psycopg
import pytest

from activities.ledger.port import Approval, NotResolvedYet
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.approvals import require_approval
from activities.reviews.closing import PostgresCloser
from activities.store.database import Database
from schema.failure import Fault, NoEffect, Trouble
from schema.items.item import Ending, ItemState
from schema.purchases.operation import OperationState, Refusal
from tests.activities.ledger.posting import (
    QUICK,
    Died,
    Dies,
    Place,
    publish,
    publish_until_known,
    reserved,
    stands,
)
from tests.activities.ledger.scenery import HASH, PLACE, plan, post_order, reserve_one
from tests.activities.ledger.test_locks import waiting
from tests.activities.reviews.reviewing import on_show, request_for, say


async def hold(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("select 1 from item for no key update")
        await connection.execute(
            "insert into hold (item_id, account_id, reason) select item_id, account_id, 'the song' from item"
        )


async def let_go(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("delete from hold")


@pytest.mark.parametrize("how", ["released", "closed"])
async def test_what_is_only_prepared_is_given_back_like_a_reservation(
    database: Database, approval: Approval, how: str
) -> None:
    place, ledger = Place(), PostgresLedger(database, QUICK, may_post=require_approval)
    with pytest.raises(Died):
        await publish(database, approval, place, Dies("prepare.stored"))
    assert await stands(database) is OperationState.PREPARED
    (operation,) = await ledger.of_item(plan().item_id)
    if how == "released":
        assert await ledger.release_unsent(operation.item_id) == 1
    else:
        await PostgresCloser(database).close_item(Ending(item_id=operation.item_id, state=ItemState.STOPPED))
    assert await stands(database) is OperationState.RELEASED
    with pytest.raises((NoEffect, NotResolvedYet), match=r"never sent|hands"):
        await ledger.publish(operation, HASH, place, approval)
    assert place.effects == []


@pytest.mark.parametrize("held", ["before it is prepared", "before it is claimed", "before it is continued"])
async def test_a_hold_refuses_the_claim_until_it_is_taken_away(
    database: Database, approval: Approval, held: str
) -> None:
    place = Place(continues=True)
    points = {"before it is claimed": "prepare.stored", "before it is continued": "send.claimed"}
    if held in points:
        with pytest.raises(Died):
            await publish(database, approval, place, Dies(points[held]))
        await asyncio.sleep(0)
    await hold(database)
    with pytest.raises(Trouble, match="the posts of crafts-20261120-abcdef are held: the song") as refused:
        await publish_until_known(database, approval, place)
    assert (refused.value.fault, place.effects) == (Fault.PAUSED, [])
    await let_go(database)
    assert (await publish_until_known(database, approval, place)).state is OperationState.SETTLED
    assert (len(place.effects), len(place.handles)) == (1, 1)


async def test_a_hold_that_comes_while_the_claim_waits_for_the_item_counts(
    database: Database, approval: Approval
) -> None:
    place = Place()
    async with database.transaction() as connection:
        await connection.execute("select 1 from item for no key update")
        posting = asyncio.create_task(publish_until_known(database, approval, place))
        await asyncio.wait_for(waiting(database, 1), 10)
        await connection.execute(
            "insert into hold (item_id, account_id, reason) select item_id, account_id, 'the song' from item"
        )
    with pytest.raises(Trouble, match="the song"):
        await posting
    assert (place.handles, place.effects) == ([], [])


async def test_a_place_that_the_approval_does_not_name_is_refused(
    database: Database, approval: Approval
) -> None:
    place, ledger = Place(), PostgresLedger(database, QUICK, may_post=require_approval)
    other = await ledger.reserve([post_order(plan(), "folder/outbox:pottery")], None)
    assert not isinstance(other, Refusal)
    with pytest.raises(
        Trouble, match="is for folder/outbox:crafts, not for folder/outbox:pottery"
    ) as refused:
        await ledger.publish(other[0], HASH, place, approval)
    assert (refused.value.fault, place.handles, place.effects) == (Fault.NOT_APPROVED, [], [])


async def test_an_edited_caption_keeps_the_places_that_were_frozen(database: Database) -> None:
    review = await on_show(database)
    edited = (await say(database, review, "edit_caption", caption="Another.")).review
    assert (edited.revision, edited.places) == (2, (PLACE,))
    assert request_for(plan()).places == (PLACE,)


async def test_a_post_is_sent_by_no_other_way(database: Database, approval: Approval) -> None:
    operation, place = await reserved(database), Place()
    with pytest.raises(ValueError, match="is prepared first"):
        await PostgresLedger(database, QUICK).carry_out(operation, HASH, place)
    assert place.effects == []


@pytest.mark.parametrize("state", ["prepared", "sending", "unknown"])
async def test_the_database_takes_no_post_as_sent_without_a_handle(
    database: Database, approval: Approval, state: str
) -> None:
    await reserved(database)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with database.transaction() as connection:
            await connection.execute("update operation set state = %s", [state])


async def test_nothing_but_a_post_is_prepared(database: Database) -> None:
    await reserve_one(PostgresLedger(database, QUICK), database)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with database.transaction() as connection:
            await connection.execute("update operation set state = 'prepared', prepared_handle = 'handle'")
