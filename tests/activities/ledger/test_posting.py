"""A post comes from a stored handle, is claimed once, and is only continued on that handle."""

import asyncio

import pytest

from activities.ledger.port import Approval, NotResolvedYet, Outcome
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.failure import Fault, NoEffect, Trouble
from schema.purchases.operation import Operation, OperationState
from tests.activities.ledger.posting import (
    QUICK,
    Died,
    Dies,
    Place,
    publish,
    publish_until_known,
    stands,
)
from tests.activities.ledger.scenery import LOST, REFUSED, plan


async def test_the_handle_is_stored_before_anything_is_sent(database: Database, approval: Approval) -> None:
    class Looks(Place):
        async def send(self, operation: Operation) -> Outcome:
            (seen,) = await PostgresLedger(database, QUICK).of_item(operation.item_id)
            assert (seen.state, seen.prepared_handle) == (OperationState.SENDING, "handle-1")
            return await super().send(operation)

    place = Looks()
    posted = await publish(database, approval, place)
    assert (posted.state, posted.prepared_handle) == (OperationState.SETTLED, "handle-1")
    assert (posted.handle, posted.uri) == ("post-1", "memory://post")
    assert await publish(database, approval, place) == posted
    assert (place.handles, place.sent) == (["handle-1"], ["handle-1"])


@pytest.mark.parametrize("continues", [True, False])
@pytest.mark.parametrize(
    ("at", "handles"),
    [
        ("prepare.made", 2),
        ("prepare.stored", 1),
        ("send.claimed", 1),
        ("send.answered", 1),
        ("send.recorded", 1),
    ],
)
async def test_a_crash_anywhere_leaves_one_post(
    database: Database, approval: Approval, at: str, handles: int, continues: bool
) -> None:
    """Up to the claim nothing was posted, from the answer on it was; the stored handle is the one used."""
    place = Place(continues=continues)
    with pytest.raises(Died):
        await publish(database, approval, place, Dies(at))
    posted = await publish_until_known(database, approval, place)
    assert posted.state is OperationState.SETTLED
    assert len(place.effects) == 1
    again = at == "send.claimed" and not continues
    assert len(place.handles) == handles + again, (
        "another handle only after proof that the first made no post"
    )
    assert set(place.sent) == {place.handles[-1]}


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("lists", [True, False])
async def test_a_lost_answer_is_continued_on_the_same_handle(
    database: Database, approval: Approval, happened: bool, lists: bool
) -> None:
    place = Place(continues=True)
    place.lists = lists
    place.before, place.after = (None, LOST) if happened else (LOST, None)
    with pytest.raises(NotResolvedYet):
        await publish(database, approval, place)
    place.before = place.after = None
    posted = await publish_until_known(database, approval, place)
    assert (posted.attempt, posted.prepared_handle) == (1, "handle-1")
    assert (len(place.effects), place.handles, set(place.sent)) == (1, ["handle-1"], {"handle-1"})


@pytest.mark.parametrize("happened", [True, False])
async def test_a_lost_answer_is_never_sent_again_where_the_platform_does_not_continue(
    database: Database, approval: Approval, happened: bool
) -> None:
    place = Place()
    place.lists = place.authoritative = False
    place.before, place.after = (None, LOST) if happened else (LOST, None)
    with pytest.raises(NotResolvedYet):
        await publish(database, approval, place)
    place.before = place.after = None
    with pytest.raises(Trouble, match="does not say clearly") as parked:
        await publish_until_known(database, approval, place)
    assert parked.value.fault is Fault.PARKED
    assert len(place.effects) == happened


async def test_a_post_is_not_continued_while_another_process_may_still_send_it(
    database: Database, approval: Approval
) -> None:
    place = Place(continues=True)
    with pytest.raises(Died):
        await publish(database, approval, place, Dies("send.claimed"))
    async with asyncio.timeout(10):
        while True:
            with pytest.raises(NotResolvedYet) as wait:
                await publish(database, approval, place)
            if "hands" not in str(wait.value):
                break
    assert "may be sending it" in str(wait.value)
    assert place.effects == []


async def test_a_handle_that_could_not_be_made_is_asked_for_again(
    database: Database, approval: Approval
) -> None:
    place = Place()
    place.unprepared = LOST
    with pytest.raises(ConnectionResetError):
        await publish(database, approval, place)
    assert await stands(database) is OperationState.RESERVED
    place.unprepared = REFUSED
    with pytest.raises(NoEffect):
        await publish(database, approval, place)
    assert await stands(database) is OperationState.RELEASED
    assert (place.handles, place.effects) == ([], [])


async def test_many_at_once_make_one_post(database: Database, approval: Approval) -> None:
    place = Place(continues=True)
    tries = [publish_until_known(database, approval, place) for _ in range(8)]
    assert {posted.operation_id for posted in await asyncio.gather(*tries)} == set(place.effects)
    assert (len(place.effects), len(place.handles)) == (1, 1)


async def test_the_proof_of_a_process_that_was_taken_over_gives_nothing_back(
    database: Database, approval: Approval
) -> None:
    """Its call made no post; the one that another process has made meanwhile may have."""

    class TakenOver(Place):
        async def send(self, operation: Operation) -> Outcome:
            async with database.transaction() as connection:
                await connection.execute("update operation set epoch = epoch + 1")
            raise REFUSED

    with pytest.raises(NotResolvedYet, match="taken over"):
        await publish(database, approval, TakenOver())
    assert await stands(database) is OperationState.SENDING


@pytest.mark.parametrize("proof", [REFUSED, NoEffect("429: busy", repeatable=True)])
async def test_a_refusal_to_continue_is_no_proof_that_the_first_call_made_no_post(
    database: Database, approval: Approval, proof: NoEffect
) -> None:
    place = Place(continues=True)
    place.lists = place.authoritative = False
    place.after = LOST
    with pytest.raises(NotResolvedYet):
        await publish(database, approval, place)
    place.before, place.after = proof, None
    async with asyncio.timeout(10):
        while str(proof) not in (await PostgresLedger(database, QUICK).of_item(plan().item_id))[0].reason:
            with pytest.raises(NotResolvedYet):
                await publish(database, approval, place)
            await asyncio.sleep(0.05)
    assert await stands(database) is OperationState.UNKNOWN
    if proof.repeatable:
        place.before = None
        assert (await publish_until_known(database, approval, place)).state is OperationState.SETTLED
    else:
        with pytest.raises(Trouble, match="is parked"):
            await publish_until_known(database, approval, place)
    assert len(place.effects) == 1


async def test_a_bug_of_ours_is_not_continued(database: Database, approval: Approval) -> None:
    place = Place(continues=True)
    place.before = TypeError("not so")
    with pytest.raises(NotResolvedYet):
        await publish(database, approval, place)
    place.before = None
    with pytest.raises(NoEffect, match="TypeError") as proof:
        await publish_until_known(database, approval, place)
    assert not proof.value.repeatable
    assert place.sent == []
