"""Lines of items: one takes up another again, with what was made for it, and posts nothing a second time."""

from collections.abc import Mapping

from activities.reviews.review_rows import newest_review
from activities.store import item_rows
from activities.store.database import Connection, Database
from activities.store.item_rows import ItemRow
from schema.failure import Fault, Trouble
from schema.items.item import ItemState
from schema.items.plan import TakenUp
from schema.purchases.operation import OperationState
from schema.reviews.review import Review
from schema.reviews.subject import VIDEO, VIDEO_GATE

_OPEN = (OperationState.SENDING, OperationState.UNKNOWN, OperationState.PARKED)
_LIVE = (OperationState.ACCEPTED, OperationState.SETTLED)


class PostgresLines:
    """Implements the `Lines` port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_up(self, item_id: str) -> TakenUp:
        """Return what a new item takes over from this ended one, or from its last reviewed forerunner.

        Raises `Trouble` (`bad_input`), with what to do instead, where the item has not ended, has nothing to show, was
        taken up before, or where it is not known what became of something that it or a forerunner bought or posted.
        """
        async with self._database.transaction() as connection:
            row = await item_rows.get(connection, item_id)
            if not row.state.ended:
                raise _refusal(
                    f"{item_id} has not ended: it is {row.state}; `reelwright show {item_id}` says more"
                )
            if row.state is ItemState.PUBLISHED:
                raise _refusal(f"{item_id} is published; there is nothing left to post of it")
            newest = await _newest_after(connection, row)
            if newest is not row and (not newest.state.ended or await _shown(connection, newest.item_id)):
                raise _refusal(
                    f"{item_id} was taken up again as {newest.item_id}: decide on that one, or take that one up"
                )
            shown: ItemRow | None = row
            while shown is not None:
                if review := await _shown(connection, shown.item_id):
                    return await _taken_from(connection, shown, review, newest.item_id)
                shown = await item_rows.get(connection, shown.forerunner_id) if shown.forerunner_id else None
            raise _refusal(
                f"{item_id} has nothing to show: it ended before its review. `reelwright make` makes another one; "
                "scenes that were bought are found again where the seed is the same"
            )


async def _shown(connection: Connection, item_id: str) -> Review | None:
    """Return the review that showed an item's video last; None where it never came to one."""
    return await newest_review(connection, item_id, gate=VIDEO_GATE)


async def _newest_after(connection: Connection, row: ItemRow) -> ItemRow:
    """Return the last item of those that took this one up, one after the other; itself where none did."""
    while True:
        cursor = await connection.execute("select item_id from item where forerunner_id = %s", [row.item_id])
        found = await cursor.fetchone()
        if found is None:
            return row
        row = await item_rows.get(connection, found["item_id"])


async def _taken_from(connection: Connection, row: ItemRow, review: Review, forerunner_id: str) -> TakenUp:
    cursor = await connection.execute(
        """
        select operation_id, operation.kind, operation.state, vendor
        from operation join item using (line_id)
        where item.item_id = %s order by operation.created_at, operation_id
        """,
        [row.item_id],
    )
    operations = await cursor.fetchall()
    if unknown := next((one["operation_id"] for one in operations if _is_open(one)), None):
        raise _refusal(
            f"answer first what became of {unknown}: `reelwright unknowns` lists it, and says how; then take "
            f"{row.item_id} up again"
        )
    posted = [one["vendor"] for one in operations if one["kind"] == "publish" and one["state"] in _LIVE]
    cursor = await connection.execute(
        "select item_id from item where line_id = (select line_id from item where item_id = %s) order by created_at",
        [row.item_id],
    )
    video = review.subject.artifact(VIDEO)
    return TakenUp(
        item_id=row.item_id,
        forerunner_id=forerunner_id,
        line=tuple([one["item_id"] async for one in cursor]),
        title=row.title or "",
        caption=review.subject.text,
        video_key=video.key,
        video_sha256=video.sha256,
        posted_to=tuple(dict.fromkeys(place.partition("/")[0] for place in posted)),
    )


def _is_open(operation: Mapping[str, str]) -> bool:
    """Return whether only a person can say what became of it: of a purchase also, whether it was ever finished."""
    under_way = operation["kind"] == "paid" and operation["state"] == OperationState.ACCEPTED
    return operation["state"] in _OPEN or under_way


def _refusal(line: str) -> Trouble:
    return Trouble(Fault.BAD_INPUT, line)
