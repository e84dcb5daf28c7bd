"""What a round of an item buys, as data: the one place that workflow, ledger, quotes and receipts ask."""

from collections.abc import Sequence
from typing import Final

from schema.items.plan import BoughtClips, ItemPlan
from schema.items.stage import AFTER_A_CUT, Stage, stages_by_gate
from schema.payload import Payload
from schema.purchases.operation import Order
from schema.purchases.routing import Choice, SceneModel

WORDS: Final = "words"
NAMES: Final = {
    "scene": "scenes",
    "still": "stills",
    "voice": "voice",
    "music": "music",
    "look": "looks",
    "publish": "posts",
}
"""What people call a purchase, by the step of its operation. Every other step is a text that a writer was asked for."""


def name_of(step: str) -> str:
    """Return what receipts, costs and quotes call the purchases of a step."""
    return NAMES.get(step, WORDS)


class Purchase(Payload):
    """One thing that a round buys: its place in the round, and who may make it."""

    step: str
    """What it is, as operations name it: `scene`."""
    number: int
    """Its place among those of its step, from 1."""
    choices: tuple[Choice, ...]
    """Which models may make it; the last choice is for every style."""

    @property
    def reserved_from(self) -> SceneModel:
        """The dearest first choice: before its words are written it may turn out to be that one."""
        return max((choice.models[0] for choice in self.choices), key=lambda model: model.price_microusd)

    @property
    def most_microusd(self) -> int:
        """What it costs at most, at any of the vendors."""
        return max(model.price_microusd for choice in self.choices for model in choice.models)


def purchases_of(plan: ItemPlan) -> tuple[Purchase, ...]:
    """Return what each round buys, besides its words; nothing where the clips are a person's own."""
    source = plan.source
    if not isinstance(source, BoughtClips):
        return ()
    return scenes_from(source.choices, source.count)


def scenes_from(choices: tuple[Choice, ...], count: int) -> tuple[Purchase, ...]:
    """Return so many scenes, each from whichever of the models that may be asked."""
    return tuple(Purchase(step="scene", number=number, choices=choices) for number in range(1, count + 1))


def orders_of(plan: ItemPlan, round_number: int, on_behalf_of: str) -> tuple[Order, ...]:
    """Return what is reserved for a round, whole or not at all, on behalf of who asked for it."""
    return tuple(
        order_of(plan, round_number, purchase, purchase.reserved_from, on_behalf_of)
        for purchase in purchases_of(plan)
    )


def orders_of_revise(plan: ItemPlan, gate: str, round_number: int, on_behalf_of: str) -> tuple[Order, ...]:
    """Return what a revise buys together with the decision: the next round, or nothing before the scenes."""
    way, shown = (*plan.stages, *AFTER_A_CUT), stages_by_gate().get(gate)
    if shown in way and Stage.SCENES in way[way.index(shown) :]:
        return ()
    return orders_of(plan, round_number, on_behalf_of)


def order_of(
    plan: ItemPlan,
    round_number: int,
    purchase: Purchase,
    model: SceneModel,
    on_behalf_of: str,
) -> Order:
    """Return the purchase of one thing from one model."""
    return Order(
        slot=f"{plan.item_id}/{round_number}/{purchase.step}/{purchase.number}",
        kind="paid",
        item_id=plan.item_id,
        account_id=plan.account_id,
        round=round_number,
        on_behalf_of=on_behalf_of,
        vendor=model.vendor,
        model=model.model,
        book=model.book,
        amount_microusd=model.price_microusd,
    )


def most_of_a_round_microusd(plan: ItemPlan) -> int:
    """Return what one round costs at most, words included."""
    return sum(most_by_name(purchases_of(plan), plan.source.words_price_microusd).values())


def most_by_name(purchases: Sequence[Purchase], words_microusd: int) -> dict[str, int]:
    """Return what a round costs at most, in micro-dollars by the name of what is bought; words stand last."""
    found: dict[str, int] = {}
    for purchase in purchases:
        name = name_of(purchase.step)
        found[name] = found.get(name, 0) + purchase.most_microusd
    return found | {WORDS: words_microusd}
