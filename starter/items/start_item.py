"""Begin an item: check what was asked for, bring a person's own clips in, and start the workflow."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from temporalio.client import Client, WorkflowHandle
from temporalio.common import TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.open_item import platforms_of
from activities.platforms.platform_registry import PLATFORMS
from activities.store import account_rows, campaign_rows
from schema import queues
from schema.formats.format_file import FormatFile, makeable_format
from schema.items.item import ItemRequest, ItemResult, new_item_id
from schema.items.item_form import ItemForm
from schema.limits import MAX_TITLE
from schema.text import one_line, shortened
from signals.names import workflow_id
from starter.console.session import Session
from starter.items.copying import discard
from starter.items.material import Material, bring_in
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


async def begin(
    session: Session, wanted: ItemForm, material: Material, tell: Callable[[str], None]
) -> tuple[str, Handle]:
    """Start an item; return its id and the workflow. Raises `Trouble` for what cannot be made, before anything is."""
    async with session.database.transaction() as connection:
        account = await account_rows.get(connection, wanted.account_id)
        if wanted.campaign_id is not None:
            await campaign_rows.of_account(connection, wanted.campaign_id, account.account_id)
    chosen, _ = makeable_format(wanted.format)
    platforms_of(chosen, account, PLATFORMS)
    day = datetime.now(UTC).astimezone(ZoneInfo(account.time_zone)).date()
    request = ItemRequest(
        **wanted.model_dump(exclude={"title"}),
        title=wanted.title or _title_of(wanted, material),
        item_id=new_item_id(account.account_id, day),
    )
    brought = await _brought(session, request.item_id, material, chosen, tell)
    try:
        return request.item_id, await start(session.client, request.model_copy(update=brought))
    except Exception as error:  # raised again: copies for an item that cannot have begun are of no use
        if not isinstance(error, RPCError) or error.status in _NOT_BEGUN:
            await asyncio.to_thread(discard, session.storage, request.item_id)
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


def _title_of(wanted: ItemForm, material: Material) -> str | None:
    """Return a title for a person's own clips: the name of their folder, in readable words."""
    if material.clips is None or wanted.topic:
        return None
    name = one_line(re.sub(r"[\W_]+", " ", material.clips.resolve().name))
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
