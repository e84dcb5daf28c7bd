"""What a round buys is data: orders, quote and price of a round are read from it."""

from activities.buying.purchases import most_of_a_round_microusd, order_of, orders_of, purchases_of
from schema.items.plan import BoughtClips, Footage, ItemPlan, OwnFootage
from schema.money import Book
from schema.purchases.routing import Choice, SceneModel
from tests.activities.ledger.scenery import plan


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
    first, second = orders_of(item(), 3)
    assert (first.slot, second.slot) == (
        "crafts-20261120-abcdef/3/scene/1",
        "crafts-20261120-abcdef/3/scene/2",
    )
    assert (first.model, first.amount_microusd, first.on_behalf_of) == ("dear", 300_000, "ada")
    assert {order.on_behalf_of for order in orders_of(item(), 4, "ben")} == {"ben"}


def test_a_round_costs_at_most_what_the_dearest_that_may_be_asked_take_and_the_words() -> None:
    assert most_of_a_round_microusd(item()) == 2 * 900_000 + 7


def test_a_scene_may_be_ordered_from_any_model_in_its_row() -> None:
    (first, _) = purchases_of(item())
    assert [order_of(item(), 1, first, one).model for one in (CHEAP, DEAREST)] == ["cheap", "dearest"]


def test_own_footage_buys_nothing() -> None:
    own = plan().model_copy(update={"source": OwnFootage(clips=(Footage(key="k", sha256="a"),))})
    assert (purchases_of(own), orders_of(own, 1), most_of_a_round_microusd(own)) == ((), (), 0)
