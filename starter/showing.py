"""`items` and `show`: what the database knows, for people and as JSON."""

import json
import sys
from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from activities.store import accounts, items
from activities.store.database import Connection
from activities.store.items import ItemRow
from schema.failure import Fault, Trouble
from schema.item import ItemState, Stage
from schema.money import in_words, usd
from schema.settings import Settings
from starter.display import paper
from starter.receipt import read_receipt
from starter.session import Session, connected
from starter.standing import Standing, has_begun, standing_of


async def list_items(
    settings: Settings, account: str | None, state: str | None, most: int, as_json: bool
) -> int:
    """List the newest items. Raises `Trouble` (`bad_input`) for a state that does not exist."""
    if state is not None and state not in set(ItemState):
        raise Trouble(Fault.BAD_INPUT, f"there is no state {state!r}; there are {', '.join(ItemState)}")
    async with (
        connected(settings, without_temporal=True) as session,
        session.database.transaction() as connection,
    ):
        if account is not None:
            await accounts.get(connection, account)
        found = await items.newest(
            connection, account_id=account, state=ItemState(state) if state else None, most=most
        )
    if as_json:
        _print_json([_item_as_json(row) for row in found])
        return 0
    table = Table(box=None, header_style="bold")
    table.add_column("item", no_wrap=True)
    for name in ("state", "stage", "title", "cost", "begun"):
        table.add_column(name)
    for row in found:
        table.add_row(
            row.item_id,
            row.state,
            row.stage,
            escape(row.title or ""),
            in_words(row.cost_microusd, row.book),
            _when(row.created_at),
        )
    _print(table)
    return 0


async def show_item(settings: Settings, item_id: str, as_json: bool) -> int:
    """Show one item in full."""
    async with connected(settings, without_temporal=True) as session:
        async with session.database.transaction() as connection:
            try:
                row = await items.get(connection, item_id)
            except Trouble:
                return await _show_unopened(session, item_id, as_json=as_json)
            facts = await _facts(connection, item_id)
            receipt = await read_receipt(connection, item_id)
        standing = Standing() if row.state.ended else await standing_of(session.client, item_id)
        if as_json:
            money = {"operations": [purchase.as_json() for purchase in receipt.purchases]}
            further = {
                "stage": standing.stage or row.stage,
                "temporal_ui": session.addresses.item_link(item_id),
            }
            running = {"last_word": standing.last_word, "troubles": standing.troubles}
            _print_json(_item_as_json(row) | facts | money | running | further)
            return 0
        _print_item(session, row, facts, standing)
        _print(receipt.as_table())
    return 0


async def _show_unopened(session: Session, item_id: str, *, as_json: bool) -> int:
    """Show an item that Temporal knows and no worker has opened. Raises `Trouble` where Temporal does not know it."""
    if not await has_begun(session.client, item_id):
        raise Trouble(Fault.BAD_INPUT, f"there is no item {item_id!r}; `reelwright items` shows them")
    if as_json:
        _print_json({"item_id": item_id, "state": ItemState.RUNNING, "stage": Stage.OPEN})
    else:
        _print(f"{item_id} has begun, and waits for a worker to open it; `reelwright logs worker` says more")
    return 0


async def _facts(connection: Connection, item_id: str) -> dict[str, Any]:
    """Return takes, decisions, posts and the log of an item, ready for JSON."""
    decisions = await connection.execute(
        "select kind, actor, door, notes, caption, review_id, created_at from decision where item_id = %s"
        " order by decision_id",
        [item_id],
    )
    posts = await connection.execute(
        "select platform, uri, operation_id, created_at from post where item_id = %s order by created_at",
        [item_id],
    )
    return {
        "takes": _plain(await items.takes_of(connection, item_id)),
        "decisions": _plain(await decisions.fetchall()),
        "posts": _plain(await posts.fetchall()),
        "log": [line.model_dump(mode="json") for line in await items.log_of(connection, item_id)],
    }


def _print_item(session: Session, row: ItemRow, facts: dict[str, Any], standing: Standing) -> None:
    _print(f"[bold]{escape(row.title or row.item_id)}[/]")
    lines = {
        "item": row.item_id,
        "account": row.account_id,
        "campaign": row.campaign_id or "",
        "format": row.format,
        "state": row.state + (f" ({' '.join(row.reason.split())})" if row.reason else ""),
        "stage": standing.stage or row.stage,
        "scenes": standing.scenes,
        "note": standing.last_word,
        "trouble": "; ".join(standing.troubles),
        "cost": in_words(row.cost_microusd, row.book),
        "video": str(session.settings.home / row.video_key) if row.video_key else "",
        "temporal": session.addresses.item_link(row.item_id) or "",
    }
    for name, said in lines.items():
        if said:
            _print(escape(f"{name:<9} {said}"))
    for take in facts["takes"]:
        stand_in = ", a stand-in" if take["stand_in"] else ""
        _print(
            f"take   round {take['round']} scene {take['scene']}: {take['width_px']}x{take['height_px']}, "
            f"{take['duration_seconds']:g} s, {take['vendor']}{stand_in}"
            + (f", kept from {take['kept_from']}" if take["kept_from"] else "")
            + (f" ({escape(take['why'])})" if take["why"] else "")
        )
    for decision in facts["decisions"]:
        said = decision["notes"] or decision["caption"] or ""
        _print(escape(f"word   {decision['kind']} by {decision['actor']} ({decision['door']}) {said}"))
    for post in facts["posts"]:
        _print(escape(f"post   {post['platform']}: {post['uri']}"))
    for line in facts["log"]:
        _print(escape(f"log    {line['event']} {line['detail']}"))


def _item_as_json(row: ItemRow) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude={"cost_microusd"}) | {
        "cost_usd": float(usd(row.cost_microusd))
    }


def _plain(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in found
    ]


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _print(what: object) -> None:
    paper().print(what, highlight=False, soft_wrap=isinstance(what, str))


def _print_json(answer: object) -> None:
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")
