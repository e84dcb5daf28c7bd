"""`approve`, `reject`, `revise`, `caption`, `stop`: a person's word from the command line."""

from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.reviews.closing import PostgresCloser
from activities.store import item_rows
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.limits import MAX_CAPTION
from schema.payload import taken_in
from schema.reviews.review import DecisionKind, WordForm
from schema.settings import Settings
from signals import names
from starter.console.context import tell
from starter.console.display import paper
from starter.console.json_output import print_json
from starter.console.option_values import actor as this_person
from starter.console.option_values import caption_value, dollars
from starter.console.session import connected
from starter.console.stop_notice import tell_if_stopped

_PATIENCE = timedelta(seconds=5)


async def say(
    settings: Settings,
    item_id: str,
    kind: DecisionKind,
    actor: str | None,
    *,
    notes: str = "",
    caption: str | None = None,
    raise_cap: str | None = None,
    as_json: bool = False,
) -> int:
    """Store the word, tell the workflow, and say what became of it: 1 where it changed nothing and was needed."""
    word = taken_in(
        WordForm,
        {
            "kind": kind,
            "item_id": item_id,
            "actor": actor or this_person(),
            "door": "command line",
            "notes": notes,
            "caption": caption,
            "item_cap_microusd": dollars(raise_cap),
        },
    )
    if kind == "revise" and not notes.strip():
        raise Trouble(Fault.BAD_INPUT, "revise needs to know what should be different: --notes '...'")
    async with connected(settings, without_temporal=True) as session:
        verdict = await session.door.decide(word)
        if verdict.accepted:
            async with session.database.transaction() as connection:
                await tell_if_stopped(connection)
    if as_json:
        print_json(
            settings.home,
            item_id=item_id,
            accepted=verdict.accepted,
            already=verdict.already,
            line=verdict.line,
            state=verdict.review.state,
            round=verdict.review.round,
            caption=verdict.review.subject.text,
            review_ends=verdict.review.deadline,
        )
    elif verdict.accepted or verdict.already:
        paper().print(f"{item_id}: {verdict.line}", highlight=False, soft_wrap=True, markup=False)
    else:
        tell(f"{item_id}: {verdict.line}")
    return 0 if verdict.accepted or verdict.already else 1


async def change_caption(
    settings: Settings, item_id: str, text: str | None, file: str | None, actor: str | None, as_json: bool
) -> int:
    """Put another caption on show, given as such or in a file. Raises `Trouble` (`bad_input`) where there is none."""
    caption = caption_value(text, file, MAX_CAPTION, ("the text", "--file"))
    if caption is None:
        raise Trouble(
            Fault.BAD_INPUT, "the new caption is missing: give it as a text, or --file with a text file"
        )
    return await say(settings, item_id, "edit_caption", actor, caption=caption, as_json=as_json)


async def stop_item(settings: Settings, item_id: str, actor: str | None, as_json: bool = False) -> int:
    """Stop an item after what was ordered has ended; without a workflow, close it."""
    async with connected(settings) as session:
        handle = session.client.get_workflow_handle(names.workflow_id(item_id))
        person = actor or this_person()
        try:
            described = await handle.describe(rpc_timeout=_PATIENCE)
            if described.status is not WorkflowExecutionStatus.RUNNING:
                line = await _close_without_workflow(session.database, item_id, person)
            else:
                await handle.signal(names.STOP, person, rpc_timeout=_PATIENCE)
                line = "stopping; what was ordered is seen to its end, nothing new is bought"
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            line = await _close_without_workflow(session.database, item_id, person)
    if as_json:
        print_json(settings.home, item_id=item_id, line=line)
    else:
        paper().print(f"{item_id}: {line}", highlight=False, soft_wrap=True, markup=False)
    return 0


async def _close_without_workflow(database: Database, item_id: str, person: str) -> str:
    """Close an item of which Temporal runs no workflow. Raises `Trouble` if it is unknown or has ended."""
    async with database.transaction() as connection:
        row = await item_rows.get(connection, item_id)
    if row.state.ended:
        raise Trouble(Fault.BAD_INPUT, f"{item_id} has already ended; `reelwright show {item_id}` says how")
    why = f"stopped by {person}, with no workflow in Temporal"
    state = await PostgresCloser(database).close_lost(item_id, why, person)
    return f"{state}; Temporal runs no workflow of it, and what it left open is listed by `unknowns`"
