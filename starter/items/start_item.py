"""Begin an item: check what was asked for, bring a person's own clips in, and start the workflow."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from temporalio.client import Client, WorkflowHandle
from temporalio.common import TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.open_item import platforms_of
from activities.store import account_rows, campaign_rows
from schema import queues
from schema.failure import Fault, Trouble
from schema.formats.format_file import FormatFile, makeable_format
from schema.items.item import ItemRequest, ItemResult, new_item_id
from schema.limits import MAX_TITLE
from schema.money import Book
from schema.payload import first_problem
from schema.purchases.routing import Tier
from schema.text import one_line, shortened
from signals.names import workflow_id
from starter.console.option_values import actor
from starter.console.session import Session
from starter.items.copying import discard
from starter.items.material import NOTHING, Material, bring_in
from workflows import attributes
from workflows.content_item import ContentItem

_PATIENCE = timedelta(seconds=10)
"""With Temporal; the same call again meets what an unanswered one has begun."""
_NOT_BEGUN = (
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.FAILED_PRECONDITION,
)
"""Answers after which no workflow was started; after any other one may have been."""
Handle = WorkflowHandle[ContentItem, ItemResult]


@dataclass(frozen=True)
class Words:
    """What a person wants it to be about, or says instead of a writer; None where nothing was said."""

    topic: str | None = None
    title: str | None = None
    caption: str | None = None


NO_WORDS = Words()


@dataclass(frozen=True)
class Wish:
    """What a person asked for on the command line."""

    account_id: str
    format: str
    words: Words = NO_WORDS
    campaign_id: str | None = None
    seed: int | None = None
    book: Book | None = None
    tier: Tier = "standard"
    fresh: bool = False
    material: Material = NOTHING
    item_cap_microusd: int | None = None
    day_cap_microusd: int | None = None


async def begin(session: Session, wish: Wish, tell: Callable[[str], None]) -> tuple[str, Handle]:
    """Start an item; return its id and the workflow. Raises `Trouble` for what cannot be made, before anything is."""
    async with session.database.transaction() as connection:
        account = await account_rows.get(connection, wish.account_id)
        if wish.campaign_id is not None:
            await campaign_rows.of_account(connection, wish.campaign_id, account.account_id)
    chosen, _ = makeable_format(wish.format)
    platforms_of(chosen, account)
    item_id = new_item_id(
        account.account_id, datetime.now(UTC).astimezone(ZoneInfo(account.time_zone)).date()
    )
    try:
        request = ItemRequest(
            item_id=item_id,
            account_id=account.account_id,
            format=chosen.name,
            topic=wish.words.topic,
            title=wish.words.title or _name_of(wish),
            caption=wish.words.caption,
            campaign_id=wish.campaign_id,
            seed=wish.seed,
            book=wish.book,
            tier=wish.tier,
            fresh=wish.fresh,
            item_cap_microusd=wish.item_cap_microusd,
            day_cap_microusd=wish.day_cap_microusd,
            requested_by=actor(),
        )
    except ValidationError as error:
        raise Trouble(Fault.BAD_INPUT, first_problem(error)) from None
    brought = await _brought(session, item_id, wish.material, chosen, tell)
    try:
        return item_id, await start(session.client, request.model_copy(update=brought))
    except Exception as error:  # raised again: copies for an item that cannot have begun are of no use
        if not isinstance(error, RPCError) or error.status in _NOT_BEGUN:
            await asyncio.to_thread(discard, session.storage, item_id)
        raise


async def _brought(
    session: Session, item_id: str, material: Material, chosen: FormatFile, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Check and copy what a person brings; a Ctrl-C ends that at once, and nothing stays of it."""
    stop = Event()
    work = asyncio.create_task(
        asyncio.to_thread(bring_in, session.storage, item_id, material, chosen, tell, stop)
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(Exception):  # how it ended does not matter any more
            await work
        discard(session.storage, item_id)
        raise


def _name_of(wish: Wish) -> str | None:
    """Return what clips of a person's own are called where nothing was said: as their folder, in readable words."""
    if wish.material.clips is None or wish.words.topic:
        return None
    name = one_line(re.sub(r"[\W_]+", " ", wish.material.clips.resolve().name))
    return shortened(f"{name[:1].upper()}{name[1:]}", MAX_TITLE) or None


async def start(client: Client, request: ItemRequest) -> Handle:
    """Start the item's workflow, or meet the one that is there; without search attributes where Temporal lacks them."""
    try:
        return await _start(client, request, attributes.at_start(request.account_id, request.format))
    except RPCError as error:
        if not attributes.are_missing(error):
            raise
        return await _start(client, request, None)


async def _start(client: Client, request: ItemRequest, searched_by: TypedSearchAttributes | None) -> Handle:
    return await client.start_workflow(
        ContentItem.run,
        request,
        id=workflow_id(request.item_id),
        task_queue=queues.CONTROL,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=searched_by,
        static_summary=f"{request.format} for {request.account_id}"
        + (f": {request.topic}" if request.topic else ""),
        rpc_timeout=_PATIENCE,
    )
