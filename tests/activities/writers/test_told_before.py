"""No idea twice: what an account has told before is asked for anew, once."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.ledger.port import NotResolvedYet
from activities.store.database import Database
from schema.content.idea import IdeaRequest
from schema.purchases.operation import OperationState
from tests.activities.writers.vendors import Author, WriterVendor, idea_brief


async def test_an_idea_the_account_has_told_before_is_asked_for_anew_once(
    database: Database, author: Author, vendor: WriterVendor
) -> None:
    first = await author.idea()
    sequel = await Author.of(
        database,
        vendor.writer,
        author.home,
        item_id="crafts-20261120-sequel",
        account_id=author.item.account_id,
    )
    again = await sequel.idea(made_before=(first.title, "Moon jar at dusk"))
    assert vendor.asks() == 3
    assert await sequel.idea(made_before=(first.title, "Moon jar at dusk")) == again
    assert vendor.asks() == 3
    told = [sequel.kept(f"r1-idea-{number}.json")["value"]["title"] for number in (1, 2)]
    assert told[1] == again.title


async def test_an_answer_that_was_dropped_is_paid_and_its_receipt_says_why(
    database: Database, author: Author, vendor: WriterVendor
) -> None:
    first = await author.idea()
    sequel = await Author.of(database, vendor.writer, author.home, item_id="crafts-20261120-sequel")
    await sequel.idea(made_before=(first.title, "Moon jar at dusk"))
    dropped, used = await sequel.operations()
    assert {dropped.state, used.state} == {OperationState.SETTLED}
    assert dropped.reason == (
        f"it was not used: it tells nearly the same as {first.title!r}, which was made before"
    )
    assert used.reason == ""
    await sequel.idea(made_before=(first.title, "Moon jar at dusk"))
    assert await sequel.operations() == [dropped, used]
    reserved, settled = await sequel.budget()
    assert (reserved, settled) == (0, (dropped.charged_microusd or 0) + (used.charged_microusd or 0))
    await sequel.ledger.mark_wasted(dropped.operation_id, "for another reason")
    assert (await sequel.operations())[0] == dropped


async def test_another_account_may_tell_the_same(
    database: Database, author: Author, vendor: WriterVendor
) -> None:
    await author.idea()
    other = await Author.of(
        database, vendor.writer, author.home, item_id="weavers-20261120-abcdef", account_id="weavers"
    )
    await other.idea()
    assert vendor.asks() == 2


async def test_an_idea_that_was_put_off_is_used_where_no_other_can_be_had(
    database: Database, author: Author, vendor: WriterVendor
) -> None:
    first = await author.idea()
    sequel = await Author.of(
        database,
        vendor.writer,
        author.home,
        item_id="crafts-20261120-sequel",
        account_id=author.item.account_id,
    )
    vendor.process.lie({"call": "ask", "kind": "error", "status": 401, "after": 1, "times": 9})
    kept_idea = await sequel.idea(made_before=(first.title, "Moon jar at dusk"))
    assert kept_idea.title == sequel.kept("r1-idea-1.json")["value"]["title"]
    assert vendor.asks() == 2
    assert {operation.reason for operation in await sequel.operations() if operation.charged_microusd} == {""}


async def test_what_spoke_against_an_idea_still_does_after_a_crash(
    database: Database, author: Author, vendor: WriterVendor
) -> None:
    first = await author.idea()
    sequel = await Author.of(
        database,
        vendor.writer,
        author.home,
        item_id="crafts-20261120-sequel",
        account_id=author.item.account_id,
    )
    brief = idea_brief(sequel.item, made_before=(first.title, "Moon jar at dusk"))
    vendor.process.lie({"call": "ask", "kind": "reset", "acts": True, "after": 1})
    with pytest.raises(NotResolvedYet):
        await ActivityEnvironment().run(
            sequel.ideas.write_idea,
            IdeaRequest(item_id=sequel.item.item_id, round=1, on_behalf_of="system", brief=brief),
        )
    async with database.transaction() as connection:
        await connection.execute("update item set title = null")  # it has left the last thirty
    await sequel.idea(made_before=(first.title, "Moon jar at dusk"))
    states = [operation.state for operation in await sequel.operations()]
    assert states == [OperationState.SETTLED] * 3
    assert first.title in sequel.kept("r1-idea-1.json")["objection"]
