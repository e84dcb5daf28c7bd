"""Open an item: freeze all that may change outside while it lives."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from temporalio import activity

from activities.buying.model_choice import choices_of
from activities.buying.price_estimate import words_price_microusd
from activities.buying.writing import MOST_ASKS
from activities.reviews.port import Lines
from activities.store.port import Store
from activities.writers.port import Writer
from schema.content.idea import REMEMBERED
from schema.failure import Fault, Trouble
from schema.formats.format_file import FormatFile, makeable_format
from schema.formats.instruction import Instructions, instructions_of
from schema.items.account import Account
from schema.items.item import ItemRequest, Opened
from schema.items.item_form import require_usable
from schema.items.plan import (
    ActivityTimeouts,
    BoughtClips,
    CutPlan,
    FormatRef,
    ItemPlan,
    OwnFootage,
    ReviewPlan,
    TakenUp,
    Waits,
)
from schema.limits import MAX_TITLE
from schema.money import Book
from schema.prices.price_table import PriceTable
from schema.purchases.operation import Limits
from schema.purchases.routing import Choice
from schema.settings import Timings
from schema.text import one_line, shortened


class Opening:
    """Opening, given store and lines of items, what can be bought, writers by book, platforms, and lengths of time."""

    def __init__(
        self,
        store: Store,
        lines: Lines,
        prices: Sequence[PriceTable],
        writers: Mapping[Book, Writer],
        platforms: Collection[str],
        timings: Timings,
    ) -> None:
        self._store = store
        self._lines = lines
        self._prices = prices
        self._writers = writers
        self._platforms = platforms
        self._timings = timings

    @activity.defn(name="open_item")
    async def open_item(self, request: ItemRequest) -> Opened:
        """Store the item unless it is there; return the plan it lives by.

        Raises `Trouble`: `bad_input` for an unknown account or campaign, `bad_format` for a format that cannot be
        made, or of which no configured vendor makes the scenes.
        """
        try:
            wanted, instructions = await self._freeze(request)
        except Trouble:
            stored = await self._stored(request.item_id)
            if stored is None:
                raise
            wanted, instructions = stored, Instructions()  # what is stored stays
        plan, state = await self._store.open_once(wanted, instructions)
        return Opened(plan=plan, finished=state if state.ended else None)

    async def _stored(self, item_id: str) -> ItemPlan | None:
        """Return what an item that was opened before lives by; it needs nothing that has changed since."""
        try:
            return await self._store.plan(item_id)
        except Trouble:
            return None

    async def _freeze(self, request: ItemRequest) -> tuple[ItemPlan, Instructions]:
        require_usable(request)
        account = await self._store.account(request.account_id)
        if request.forerunner_id is not None:
            return await self._freeze_again(request, account, request.forerunner_id)
        chosen, digest = makeable_format(request.format)
        instructions = instructions_of(chosen)
        prices = [table for table in self._prices if request.book in (None, table.book)]
        choices = choices_of(chosen, prices, request.tier)
        made_before = await self._store.last_titles(account.account_id, REMEMBERED)
        review = request.review or account.review or self._timings.review
        plan = ItemPlan(
            item_id=request.item_id,
            account_id=account.account_id,
            campaign_id=request.campaign_id,
            account_voice=account.voice,
            format=FormatRef(
                name=chosen.name,
                version=chosen.version,
                sha256=digest,
                platforms=chosen.platforms,
            ),
            topic=request.topic,
            title=_title_of(request),
            caption=_caption_of(request),
            seed=request.seed if request.seed is not None else seed_of(request.item_id),
            seed_given=request.seed is not None,
            made_before=() if request.seed is not None else made_before,
            source=OwnFootage(clips=request.footage)
            if request.footage
            else self._clips(chosen, request, choices),
            cut=_cut_of(chosen, request),
            book=choices[-1].models[0].book,
            limits=_limits_of(request, account),
            on_behalf_of=request.requested_by,
            review=ReviewPlan(
                gates=chosen.gates,
                waits=review,
                reminders=_reminders(self._timings, review),
                max_revisions=chosen.max_revisions,
            ),
            waits=self._waits(),
            platforms=platforms_of(chosen, account, self._platforms),
            planned=request.planned,
        )
        return plan, instructions

    def _clips(self, chosen: FormatFile, request: ItemRequest, choices: tuple[Choice, ...]) -> BoughtClips:
        usual = choices[-1].models[0]
        return BoughtClips(
            count=chosen.scenes.count or 1,
            shape=chosen.scenes.shape,
            choices=choices,
            fresh=request.fresh,
            words_price_microusd=words_price_microusd(chosen, usual, self._writers[usual.book]),
        )

    def _waits(self) -> Waits:
        return Waits(
            poll=self._timings.poll,
            headroom=self._timings.headroom_wait,
            job=self._timings.job,
            timeouts=ActivityTimeouts(
                heartbeat=self._timings.heartbeat,
                effect=self._timings.effect,
                writing=self._timings.ask * (MOST_ASKS + 0.5),
                render_heartbeat=self._timings.render_heartbeat,
            ),
        )

    async def _freeze_again(
        self, request: ItemRequest, account: Account, forerunner_id: str
    ) -> tuple[ItemPlan, Instructions]:
        """Return what the ended item lived by, as another item: with a review, places and caps of its own."""
        taken = await self._lines.take_up(forerunner_id)
        earlier = await self._store.plan(taken.item_id)
        review = request.review or account.review or self._timings.review
        reminders = _reminders(self._timings, review)
        plan = earlier.model_copy(
            update={
                "item_id": request.item_id,
                "title": taken.title,
                "caption": taken.caption,
                "limits": _limits_of(request, account),
                "on_behalf_of": request.requested_by,
                "review": earlier.review.model_copy(update={"waits": review, "reminders": reminders}),
                "platforms": places_left(earlier, taken, account, self._platforms),
                "taken_up": taken,
                "planned": False,
            }
        )
        return plan, await self._store.instructions(taken.item_id)


def places_left(
    earlier: ItemPlan, taken: TakenUp, account: Account, can_be_posted_to: Collection[str]
) -> tuple[str, ...]:
    """Return where an item that takes up another one goes. Raises `Trouble` (`bad_input`) where nothing is left."""
    wanted = platforms_of(earlier.format, account, can_be_posted_to)
    if left := tuple(name for name in wanted if name not in taken.posted_to):
        return left
    raise Trouble(
        Fault.BAD_INPUT,
        f"{taken.item_id} is posted on {', '.join(taken.posted_to)} already; nothing is posted there a second time",
    )


def platforms_of(
    chosen: FormatFile | FormatRef, account: Account, can_be_posted_to: Collection[str]
) -> tuple[str, ...]:
    """Return where an item goes: the account's platforms that the format is meant for.

    Raises `Trouble` (`bad_input`) where there is none, or one that nothing here can post to: before anything is bought.
    """
    found = tuple(name for name in account.platforms if name in chosen.platforms)
    change = f"`accounts set {account.account_id} --platform` changes them"
    if not found:
        raise Trouble(
            Fault.BAD_INPUT,
            f"none of the account's platforms ({', '.join(account.platforms)}) takes {chosen.name!r}, "
            f"which goes to {', '.join(chosen.platforms)}; {change}",
        )
    if away := [name for name in found if name not in can_be_posted_to]:
        raise Trouble(
            Fault.BAD_INPUT,
            f"{account.account_id!r} wants to be posted to {', '.join(away)}, and this installation can only post to "
            f"{', '.join(sorted(can_be_posted_to))}; {change}",
        )
    return found


def _title_of(request: ItemRequest) -> str | None:
    """Return what the item is called before a writer is asked; a person's own clips are never left to one."""
    if request.title or not request.footage:
        return request.title
    return shortened(one_line(request.topic or ""), MAX_TITLE) or "Own footage"


def _caption_of(request: ItemRequest) -> str | None:
    if request.caption or not request.footage:
        return request.caption
    return request.topic or ""


def _reminders(timings: Timings, review: timedelta) -> tuple[timedelta, ...]:
    return tuple(sorted((one for one in timings.reminders if one < review), reverse=True))


def seed_of(item_id: str) -> int:
    """Return the seed of an item that was given none: always the same for the same item."""
    return int.from_bytes(hashlib.sha256(item_id.encode()).digest()[:4])


def _limits_of(request: ItemRequest, account: Account) -> Limits:
    asked = request.item_cap_microusd
    return Limits(
        item_cap_microusd=account.item_cap_microusd if asked is None else asked,
        day_cap_microusd=request.day_cap_microusd,
    )


def _cut_of(chosen: FormatFile, request: ItemRequest) -> CutPlan:
    return CutPlan(
        recipe=chosen.composition.recipe,
        width_px=chosen.composition.width_px,
        height_px=chosen.composition.height_px,
        clip_duration=None if request.footage else chosen.scenes.duration,
        loudness_lufs=chosen.sound.loudness_lufs,
        true_peak_dbtp=chosen.sound.true_peak_dbtp,
        watermark_key=request.watermark_key,
        intro_key=request.intro_key,
        outro_key=request.outro_key,
    )
