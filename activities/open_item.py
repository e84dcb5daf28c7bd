"""Open an item: freeze all that may change outside while it lives."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from temporalio import activity

from activities.store.port import Store
from schema.failure import Fault, Trouble
from schema.format import Format, load_format
from schema.item import ItemRequest, Opened, Patience, Snapshot
from schema.price import PriceTable
from schema.routing import Choice, SceneModel, Tier
from schema.settings import Timings

REMEMBERED_TITLES = 30
"""How many of the account's last titles a writer is told, so that it does not repeat itself."""


class Opening:
    """Opening, given the store, what can be bought, and the usual lengths of time."""

    def __init__(self, store: Store, prices: Sequence[PriceTable], timings: Timings) -> None:
        self._store = store
        self._prices = prices
        self._timings = timings

    @activity.defn(name="open_item")
    async def open_item(self, request: ItemRequest) -> Opened:
        """Store the item unless it is there; return the snapshot it lives by.

        Raises `Trouble`: `bad_input` for an unknown account, `bad_format` for a format that cannot be made, or of
        which no joined vendor makes the scenes.
        """
        snapshot, state = await self._store.open_once(await self._freeze(request))
        return Opened(snapshot=snapshot, finished=state if state.ended else None)

    async def _freeze(self, request: ItemRequest) -> Snapshot:
        account = await self._store.account(request.account_id)
        chosen, digest = makeable_format(request.format)
        prices = [table for table in self._prices if request.book in (None, table.book)]
        choices = choices_of(chosen, prices, request.tier)
        scene_model = choices[-1].models[0]
        review = request.review or account.review or self._timings.review
        return Snapshot(
            item_id=request.item_id,
            account_id=account.account_id,
            account_voice=account.voice,
            format=chosen,
            format_sha256=digest,
            topic=request.topic,
            seed=request.seed if request.seed is not None else seed_of(request.item_id),
            footage=request.footage,
            scene_model=scene_model,
            choices=choices,
            fresh=request.fresh,
            book=scene_model.book,
            item_cap_microusd=_either(request.item_cap_microusd, account.item_cap_microusd),
            day_cap_microusd=request.day_cap_microusd,
            review=review,
            reminders=tuple(sorted((r for r in self._timings.reminders if r < review), reverse=True)),
            poll=self._timings.poll,
            headroom_wait=self._timings.headroom_wait,
            job=self._timings.job,
            patience=Patience(
                silence=self._timings.silence,
                effect=self._timings.effect,
                ask=self._timings.ask * 1.5,
                render=self._timings.render_silence,
            ),
            platforms=platforms_of(chosen, account.platforms),
            watermark_key=request.watermark_key,
            intro_key=request.intro_key,
            outro_key=request.outro_key,
            made_before=await self._store.last_titles(account.account_id, REMEMBERED_TITLES),
        )


def makeable_format(name: str) -> tuple[Format, str]:
    """Return a format and its hash. Raises `Trouble` (`bad_format`) where it does not exist or cannot be made yet."""
    chosen, digest = load_format(name)
    if not chosen.can_be_made:
        raise Trouble(
            Fault.BAD_FORMAT,
            f"the format {name!r} cannot be made yet: it needs {chosen.missing}; `asmr-craft` can",
        )
    return chosen, digest


def choices_of(chosen: Format, prices: Sequence[PriceTable], tier: Tier = "standard") -> tuple[Choice, ...]:
    """Return what scenes may be bought from: a choice for each rule that can hold, and one for every other scene.

    All are of one book, that of the first model of the format that somebody offers. Raises `Trouble` (`bad_format`)
    where nobody offers one: an unknown price is a refusal.
    """
    duration = chosen.scenes.duration or timedelta(seconds=5)
    usual = _offered(chosen.scenes.models, chosen, prices)
    if not usual:
        raise Trouble(
            Fault.BAD_FORMAT,
            f"nobody offers a model of {chosen.name!r} ({', '.join(chosen.scenes.models)}) at a known price",
        )
    book = usual[0].book
    choices: list[Choice] = []
    for rule in chosen.scenes.rules:
        models = [model for model in _offered(rule.models, chosen, prices) if model.book is book]
        if models and rule.may_hold(tier, duration):
            choices.append(Choice(rule=rule.name, styles=rule.styles, models=tuple(models)))
        if choices and not choices[-1].styles:
            return tuple(choices)  # it holds for every scene, so nothing after it is ever reached
    return (*choices, Choice(models=tuple(model for model in usual if model.book is book)))


def _offered(names: Sequence[str], chosen: Format, prices: Sequence[PriceTable]) -> list[SceneModel]:
    """Return each model at each vendor that offers it in the format's length and resolution, in order."""
    duration = chosen.scenes.duration or timedelta(seconds=5)
    found: list[SceneModel] = []
    for model in names:
        for table in prices:
            try:
                price = table.clips(model)
                worst_case = price.cost_microusd(duration, chosen.scenes.resolution)
            except ValueError:  # not offered there, or not in this length and resolution
                continue
            found.append(
                SceneModel(
                    vendor=table.vendor,
                    model=model,
                    book=table.book,
                    price_microusd=worst_case,
                    max_prompt_chars=price.max_prompt_chars,
                )
            )
    return found


def platforms_of(chosen: Format, account_platforms: Sequence[str]) -> tuple[str, ...]:
    """Return where an item goes: the account's places that the format is meant for.

    Raises `Trouble` (`bad_input`) where there is none.
    """
    if found := tuple(name for name in account_platforms if name in chosen.platforms):
        return found
    raise Trouble(
        Fault.BAD_INPUT,
        f"none of the account's platforms ({', '.join(account_platforms)}) takes {chosen.name!r}, "
        f"which goes to {', '.join(chosen.platforms)}; `accounts set --platform` changes them",
    )


def seed_of(item_id: str) -> int:
    """Return the seed of an item that was given none: always the same for the same item."""
    return int.from_bytes(hashlib.sha256(item_id.encode()).digest()[:4])


def _either(asked: int | None, usual: int) -> int:
    return usual if asked is None else asked
