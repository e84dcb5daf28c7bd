"""What a round buys is data: orders, quote and price of a round are read from it."""

import pytest

from activities.buying.price_estimate import quote
from activities.buying.purchases import (
    most_by_name,
    most_of_a_round_microusd,
    name_of,
    order_of,
    orders_of,
    purchases_of,
    scenes_from,
)
from activities.ledger.postgres_ledger import PostgresLedger
from activities.offline.offline_writer import OfflineWriter
from activities.store.database import Database
from schema.formats.format_file import load_format
from schema.items.plan import BoughtClips, ItemPlan, OwnFootage, StoredClip
from schema.money import Book
from schema.prices.price_table import load_prices
from schema.purchases.operation import Operation, step_of
from schema.purchases.routing import Choice, SceneModel
from starter.money.costs import read_costs
from starter.money.receipt import read_receipt
from tests.activities.ledger.scenery import open_item, plan, reserved
from tests.timings import SHORT


def model(name: str, price_microusd: int) -> SceneModel:
    return SceneModel(
        vendor="fal", model=name, book=Book.USD, price_microusd=price_microusd, max_prompt_chars=800
    )


CHEAP, DEAR, DEAREST = model("cheap", 100_000), model("dear", 300_000), model("dearest", 900_000)


def item() -> ItemPlan:
    choices = (Choice(rule="macro", styles=("macro",), models=(DEAR, DEAREST)), Choice(models=(CHEAP,)))
    source = BoughtClips(count=2, choices=choices, words_price_microusd=7)
    return plan().model_copy(update={"source": source, "on_behalf_of": "ada"})


def test_a_round_reserves_the_dearest_first_choice_of_each_scene_for_the_person_who_asked() -> None:
    first, second = orders_of(item(), 3, "ben")
    assert (first.slot, second.slot) == (
        "crafts-20261120-abcdef/3/scene/1",
        "crafts-20261120-abcdef/3/scene/2",
    )
    assert (first.model, first.amount_microusd) == ("dear", 300_000)
    assert (first.on_behalf_of, second.on_behalf_of) == ("ben", "ben")


def test_a_round_costs_at_most_what_the_dearest_that_may_be_asked_take_and_the_words() -> None:
    assert most_of_a_round_microusd(item()) == 2 * 900_000 + 7


def test_a_scene_may_be_ordered_from_any_model_in_its_row() -> None:
    (first, _) = purchases_of(item())
    assert [order_of(item(), 1, first, one, "ada").model for one in (CHEAP, DEAREST)] == ["cheap", "dearest"]


def test_own_footage_buys_nothing() -> None:
    own = plan().model_copy(update={"source": OwnFootage(clips=(StoredClip(key="k", sha256="a"),))})
    assert (purchases_of(own), orders_of(own, 1, "system"), most_of_a_round_microusd(own)) == ((), (), 0)


STEPS = {
    "scene": "scenes",
    "still": "stills",
    "voice": "voice",
    "music": "music",
    "look": "looks",
    "idea": "words",
    "prompts": "words",
    "caption": "words",
    "publish": "posts",
}


@pytest.mark.parametrize("step", STEPS)
async def test_receipt_costs_and_quote_call_a_purchase_by_one_name(database: Database, step: str) -> None:
    item = await open_item(database, plan())
    order = orders_of(item, 1, "system")[0].model_copy(update={"slot": f"{item.item_id}/1/{step}/1"})
    ledger = PostgresLedger(database, SHORT)
    (operation,) = await reserved(ledger, [order], item)
    assert (operation.step, operation.variant, step_of(order.slot)) == (step, "1", step)
    await ledger.settle(operation.operation_id, 1)
    async with database.transaction() as connection:
        (bought,) = (await read_receipt(connection, item.item_id)).purchases
        (cost,) = await read_costs(connection, "purchase")
        row = await (await connection.execute("select step from operation")).fetchone()
    assert bought.as_json()["purchase"] == cost.group == name_of(step) == STEPS[step]
    assert row == {"step": step}


def test_a_quote_names_what_a_round_buys_as_the_round_itself_does() -> None:
    chosen, _ = load_format("asmr-craft")
    said = quote(chosen, [load_prices("offline")], OfflineWriter())
    round_ = scenes_from((Choice(models=(said.first, *said.others)),), said.scenes)
    assert said.most_by_name == most_by_name(round_, 0)
    assert list(said.most_by_name) == ["scenes", "words"]
    assert said.round_microusd == sum(said.most_by_name.values())


def test_several_kinds_of_purchases_are_added_up_by_name() -> None:
    still = scenes_from((Choice(models=(CHEAP,)),), 1)[0].model_copy(update={"step": "still"})
    found = most_by_name([*purchases_of(item()), still], 7)
    assert found == {"scenes": 2 * 900_000, "stills": 100_000, "words": 7}


def test_the_variant_of_a_post_is_its_place() -> None:
    operation = Operation.model_construct(slot="a-20261120-b/1/publish/folder/feed:crafts")
    assert (operation.step, operation.variant) == ("publish", "folder/feed:crafts")
