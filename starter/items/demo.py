"""`demo`: one item through its whole life, on a stack that is joined or started for it."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from activities.store import account_rows
from schema.failure import Fault, Trouble
from schema.items.account import Account
from schema.items.item import ItemResult
from schema.items.item_form import ItemForm
from schema.settings import Settings
from starter.console.context import tell
from starter.console.session import Session, connected
from starter.console.terminal_input import can_ask
from starter.items.crash_demo import Crashes, count, tell_counts
from starter.items.make_item import print_result, tell_ending, tell_event, tell_links, watch
from starter.items.material import Material, clips_of
from starter.items.start_item import begin
from starter.money.receipt import print_receipt
from starter.stack.blueprint import blueprint
from starter.stack.stack_addresses import running
from starter.stack.up import embedded

ACCOUNT = Account(
    account_id="demo",
    title="Demo",
    voice="Calm, precise and kind; lets the work speak.",
    platforms=("folder",),
)


@dataclass(frozen=True)
class DemoOptions:
    """How the demo goes on: killed or not, answered or asked, ended or left up."""

    crash: bool
    answer: Literal["approve", "reject"] | None
    """Says it for the person; None asks."""
    keep: bool
    as_json: bool


async def run_demo(settings: Settings, wanted: ItemForm, material: Material, options: DemoOptions) -> int:
    """Make, review and publish one video; return the exit code of its ending."""
    if options.answer is None and not can_ask():
        raise Trouble(
            Fault.BAD_INPUT, "there is no terminal to ask for the review; add --approve or --reject"
        )
    if material.clips is not None:
        await asyncio.to_thread(clips_of, material.clips)
    if running(settings) is None:
        tell("starting Temporal, PostgreSQL, the offline studio and a worker")
    async with embedded(settings, blueprint(settings), tell_event) as up:
        async with connected(settings, up.addresses) as session:
            result = await _one_item(session, wanted, material, options)
            tell_ending(session, result)
            await print_receipt(session, result.item_id)
            code: int = result.exit_code
            if options.crash:
                counts = count(settings.home, result.item_id)
                tell_counts(counts)
                code = code if counts.nothing_twice else 1
            print_result(session, result.item_id, result, as_json=options.as_json)
        if options.keep and up.stack:
            tell("the stack stays up until Ctrl-C")
            await asyncio.Event().wait()
    return code


async def _one_item(
    session: Session, wanted: ItemForm, material: Material, options: DemoOptions
) -> ItemResult:
    async with session.database.transaction() as connection:
        await account_rows.ensure(connection, ACCOUNT)
    item_id, handle = await begin(session, wanted, material, tell)
    tell_links(session.addresses, item_id)
    crashes = Crashes(session.settings.home, enabled=options.crash)
    return await watch(session, handle, answer=options.answer, on_progress=crashes.consider)
