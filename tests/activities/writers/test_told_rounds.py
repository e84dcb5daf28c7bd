"""The story tells which round a text is for, and who asked for that round."""

import pytest

from activities.ledger import scopes
from activities.ledger.scopes import Caps, Scope
from schema.failure import Fault, Trouble
from schema.purchases.operation import Limits, Order
from schema.purchases.scope import scope_name
from starter.money.receipt import read_receipt
from tests.activities.writers.vendors import Author, WriterVendor


async def test_another_seed_is_no_other_round_so_nothing_is_bought_for_it(
    author: Author, vendor: WriterVendor
) -> None:
    idea = await author.idea(seed=author.item.seed + 41)
    assert await author.idea(seed=author.item.seed + 42) == idea
    assert [operation.slot for operation in await author.operations()] == [f"{author.item.item_id}/1/idea/1"]
    assert vendor.asks() == 1


async def test_a_round_is_in_slot_ledger_receipt_and_file_as_it_was_told(
    author: Author, vendor: WriterVendor
) -> None:
    first, third = await author.idea(), await author.idea(round_number=3)
    assert first.seed == third.seed == author.item.seed
    await author.storyboard(third, round=3)
    slots = [f"{author.item.item_id}/{place}" for place in ("1/idea/1", "3/idea/1", "3/prompts/1")]
    assert [(one.slot, one.round) for one in await author.operations()] == list(
        zip(slots, (1, 3, 3), strict=True)
    )
    async with author.database.statements() as connection:
        bought = (await read_receipt(connection, author.item.item_id)).as_json()["operations"]
    assert [one["operation_id"] for one in bought] == [f"{slot}/1" for slot in slots]
    assert author.kept("r3-idea-1.json")["value"]["title"] == third.title
    assert author.kept("r3-prompts-1.json")["value"]["prompts"]
    assert vendor.asks() == 3


async def test_words_are_bought_for_the_person_who_asked_for_their_round_and_count_under_that_cap(
    author: Author, vendor: WriterVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def month(order: Order, _: Limits | None, __: Caps) -> Scope:
        cap = {"ada": 1}.get(order.on_behalf_of)
        return Scope(name=scope_name("person-month", order.on_behalf_of, "2026-11"), cap_microusd=cap)

    monkeypatch.setattr(scopes, "KINDS", (*scopes.KINDS, month))
    idea = await author.idea()
    with pytest.raises(Trouble, match="the budget person-month:ada:2026-11") as refused:
        await author.storyboard(idea, round=2, on_behalf_of="ada")
    assert refused.value.fault is Fault.REFUSED_BY_CAP
    assert vendor.asks() == 1
    await author.storyboard(idea, round=2, on_behalf_of="ben")
    assert [one.on_behalf_of for one in await author.operations()] == ["system", "ben"]
