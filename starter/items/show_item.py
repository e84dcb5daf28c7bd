"""`show`: what the database and Temporal know of one item, for people and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from rich.markup import escape

from activities.reviews.review_rows import newest_review
from activities.storage.port import Storage
from activities.store import item_rows
from activities.store.database import Connection
from activities.store.item_rows import ItemRow
from schema.failure import Fault, Trouble
from schema.items.item import ItemState
from schema.items.stage import Stage, row_of
from schema.money import in_words
from schema.reviews.review import Review, ReviewState
from schema.settings import Settings
from starter.console.display import paper, when
from starter.console.json_output import print_json
from starter.console.session import Session, connected
from starter.console.stop_notice import tell_if_stopped
from starter.items.status import Status, has_begun, status_of
from starter.money.receipt import read_receipt


async def show_item(settings: Settings, item_id: str, as_json: bool) -> int:
    """Show one item in full."""
    async with connected(settings, without_temporal=True) as session:
        async with session.database.transaction() as connection:
            try:
                row = await item_rows.get(connection, item_id)
            except Trouble:
                return await _show_unopened(session, item_id, as_json=as_json)
            facts = await _facts(connection, row)
            receipt = await read_receipt(connection, item_id)
            if not row.state.ended:
                await tell_if_stopped(connection)
        status = Status() if row.state.ended else await status_of(session.client, item_id)
        if as_json:
            running = {"last_word": status.last_word, "waits_for": status.troubles}
            print_json(
                settings.home,
                **(row.model_dump() | facts.as_fields(session.storage)),
                **running,
                operations=[purchase.as_json() for purchase in receipt.purchases],
                temporal_ui=session.addresses.item_link(item_id),
            )
            return 0
        _print_item(session, row, facts, status)
        _print(receipt.as_table())
    return 0


async def _show_unopened(session: Session, item_id: str, *, as_json: bool) -> int:
    """Show an item that Temporal knows and no worker has opened. Raises `Trouble` where Temporal does not know it."""
    if not await has_begun(session.client, item_id):
        raise Trouble(Fault.BAD_INPUT, f"there is no item {item_id!r}; `reelwright items` shows them")
    if as_json:
        print_json(session.settings.home, item_id=item_id, state=ItemState.RUNNING, stage=Stage.OPEN)
    else:
        _print(f"{item_id} has begun, and waits for a worker to open it; `reelwright logs worker` says more")
    return 0


@dataclass(frozen=True)
class Facts:
    """What the database knows of an item beside its row."""

    review: Review | None
    """What is or was on show last; None where nothing was."""
    footage: tuple[str, ...]
    """The names of a person's own clips."""
    takes: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    posts: list[dict[str, Any]]
    log: list[item_rows.LogLine]

    def as_fields(self, storage: Storage) -> dict[str, Any]:
        """Return them as `--json` shows them."""
        shown = {"round": None, "caption": None, "review_ends": None} | (
            {
                "round": self.review.round,
                "caption": self.review.subject.text,
                "review_ends": self.review.deadline,
            }
            if self.review
            else {}
        )
        return shown | {
            "on_show": _card(self.review, storage) if self.review else None,
            "footage": self.footage,
            "takes": self.takes,
            "decisions": self.decisions,
            "posts": self.posts,
            "log": self.log,
        }


def _card(review: Review, storage: Storage) -> dict[str, Any]:
    """Return what a person is shown of a review, from its row alone; no worker is asked."""
    subject = review.subject
    return {
        "review_id": review.review_id,
        "gate": subject.gate,
        "state": review.state,
        "title": review.title,
        "text": subject.text,
        "files": {one.role: storage.location(one.key) for one in subject.artifacts},
        "poster": storage.location(review.poster_key) if review.poster_key else None,
        "cost_microusd": review.cost_microusd,
        "round_price_microusd": review.round_price_microusd,
        "book": review.book,
        "ends": review.deadline,
    }


async def _facts(connection: Connection, row: ItemRow) -> Facts:
    decisions = await connection.execute(
        """
        select kind, actor, door, notes, caption, review_id, decision.created_at
        from decision join decision_text using (decision_id) where item_id = %s order by decision_id
        """,
        [row.item_id],
    )
    posts = await connection.execute(
        """
        select split_part(place, '/', 1) as platform, place, post_id, uri, operation_id, created_at
        from post where item_id = %s order by created_at
        """,
        [row.item_id],
    )
    source = (await item_rows.plan_of(connection, row.item_id)).source
    return Facts(
        review=await newest_review(connection, row.item_id),
        footage=tuple(clip.original_name for clip in source.footage),
        takes=await item_rows.takes_of(connection, row.item_id),
        decisions=await decisions.fetchall(),
        posts=await posts.fetchall(),
        log=await item_rows.log_of(connection, row.item_id),
    )


def _print_item(session: Session, row: ItemRow, facts: Facts, status: Status) -> None:
    _print(f"[bold]{escape(row.title or row.item_id)}[/]")
    review = facts.review
    waits = review is not None and review.state is ReviewState.OPEN and not row.state.ended
    lines = {
        "item": row.item_id,
        "again": f"takes up {row.forerunner_id}" if row.forerunner_id else "",
        "account": row.account_id,
        "campaign": row.campaign_id or "",
        "format": row.format,
        "topic": row.topic or "",
        "clips": ", ".join(facts.footage),
        "state": str(row.state).replace("_", " ")
        + (f" ({' '.join(row.reason.split())})" if row.reason else ""),
        "stage": row_of(status.stage or row.stage).shown,
        "round": str(review.round) if review else "",
        "scenes": status.scenes,
        "note": status.last_word,
        "waits": "; ".join(status.troubles),
        "cost": in_words(row.cost_microusd, row.book),
        "video": session.storage.location(row.video_key) if row.video_key else "",
        "temporal": session.addresses.item_link(row.item_id) or "",
        "until": when(review.deadline) if review and waits else "",
        "another": f"one more round costs at most {in_words(review.round_price_microusd, review.book)}"
        if review and waits and review.round_price_microusd
        else "",
        "decide": f"reelwright approve {row.item_id}   (or reject, revise, caption)" if waits else "",
    }
    for name, said in lines.items():
        if said:
            _print(escape(f"{name:<9} {said}"))
    if review is not None:
        _print(escape(f"caption\n{indent(review.subject.text or '(there is none yet)', '    ')}"))
    for take in facts.takes:
        _print(escape(_take_in_words(take, facts.footage)))
    for decision in facts.decisions:
        said = decision["notes"] or decision["caption"] or ""
        _print(escape(f"word   {decision['kind']} by {decision['actor']} ({decision['door']}) {said}"))
    for post in facts.posts:
        _print(escape(f"post   {post['platform']}: {post['uri']}"))
    for line in facts.log:
        _print(escape(f"log    {line.event} {line.detail}"))


def _take_in_words(take: dict[str, Any], footage: Sequence[str]) -> str:
    """Return one take in a line; of a person's own clips by the name of the file."""
    source = f"{take['vendor']}{', a stand-in' if take['stand_in'] else ''}"
    if footage and take["scene"] <= len(footage):
        source = footage[take["scene"] - 1]
    return (
        f"take   round {take['round']} scene {take['scene']}: {take['width_px']}x{take['height_px']}, "
        f"{take['duration_seconds']:g} s, {source}"
        + (f", kept from {take['reused_from']}" if take["reused_from"] else "")
        + (f" ({take['why']})" if take["why"] else "")
    )


def _print(what: object) -> None:
    paper().print(what, highlight=False, soft_wrap=isinstance(what, str))
