"""Hints at stored decisions as columns of a review: which are due, and when again. Functions take a connection."""

from collections.abc import Sequence
from datetime import timedelta

from activities.store.database import Connection

LONGEST_REST = timedelta(hours=1)
"""Between two hints at one decision: Temporal takes 10,000 signals a run, a person's own words among them."""
_DOUBLED_AT_MOST = 20


async def claim_unheard(connection: Connection, after: timedelta, most: int) -> list[str]:
    """Return some items that wait although their review was decided a while ago, for this worker to hint at.

    The locked row's own columns are asked, which PostgreSQL reads again where another worker was a moment faster.
    An item waits no more as soon as its workflow has read the decision. Of several workers one gets the item; after
    each hint it rests twice as long, from `after` up to `LONGEST_REST`.
    """
    cursor = await connection.execute(
        """
        with due as (
            select review_id from item
            join lateral (
                select review_id from review
                where review.item_id = item.item_id order by review_number desc limit 1) as shown on true
            join review using (review_id)
            where item.state = 'waiting' and review.state in ('approved', 'rejected', 'revised', 'expired')
              and coalesce(review.hint_again_at, review.closed_at + %(after)s) < clock_timestamp()
            order by review.closed_at desc limit %(most)s
            for update of review skip locked)
        update review set hints = hints + 1, hint_again_at = clock_timestamp()
            + least(%(after)s * power(2, least(hints, %(doubled)s)), %(longest)s)
        from due where review.review_id = due.review_id
        returning review.item_id
        """,
        {"after": after, "longest": LONGEST_REST, "doubled": _DOUBLED_AT_MOST, "most": most},
    )
    return [row["item_id"] async for row in cursor]


async def give_back(connection: Connection, item_ids: Sequence[str]) -> None:
    """Count no hint that Temporal did not take: these items are due at once, as if none was given."""
    await connection.execute(
        """
        update review set hints = greatest(hints - 1, 0), hint_again_at = null
        where item_id = any(%s) and hint_again_at is not null
        """,
        [list(item_ids)],
    )
