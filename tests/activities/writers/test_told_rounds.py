"""The story tells which round a text is for; the seed says nothing of it."""

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
