"""The budgets that an order falls under. A further kind of budget is a line of `KINDS`."""

from collections.abc import Callable, Sequence

from activities.store.database import Connection
from schema.money import Book
from schema.payload import Payload
from schema.purchases.operation import Limits, Order
from schema.purchases.scope import ACCOUNT_DAY, CAMPAIGN, DAY, GLOBAL, ITEM, scope_name


class Scope(Payload):
    """One budget with the cap that holds now."""

    name: str
    """E.g. `item:demo-20261120-abc234`, as the database and refusals name it."""
    cap_microusd: int | None
    """None for no cap."""
    account_id: str | None = None
    """The account that it belongs to; None where all accounts share it."""
    own_cap_microusd: int | None = None
    """What this item may bring it to, where that is less than the cap."""
    first_cap_stays: bool = False
    """True where the cap is the one it was made with, until a person raises it; else the newest cap counts."""


class Caps(Payload):
    """What an order's caps are made of: read together, the days by the database clock in their own time zones."""

    account_day: str
    """The day in the account's time zone, e.g. `2026-11-20`."""
    account_cap_microusd: int | None
    day: str
    """The day in the installation's time zone."""
    day_cap_microusd: int | None
    global_cap_microusd: int | None
    campaign_id: str | None
    """The item's; None where it belongs to none."""
    campaign_cap_microusd: int | None


Kind = Callable[[Order, Limits | None, Caps], Scope | None]


def _item(order: Order, limits: Limits | None, _: Caps) -> Scope:
    cap = limits.item_cap_microusd if limits else None
    name = scope_name(ITEM, order.item_id)
    return Scope(name=name, cap_microusd=cap, account_id=order.account_id, first_cap_stays=True)


def _account_day(order: Order, limits: Limits | None, caps: Caps) -> Scope:
    return Scope(
        name=scope_name(ACCOUNT_DAY, order.account_id, caps.account_day),
        cap_microusd=caps.account_cap_microusd,
        account_id=order.account_id,
        own_cap_microusd=limits.day_cap_microusd if limits else None,
    )


def _campaign(order: Order, _: Limits | None, caps: Caps) -> Scope | None:
    if caps.campaign_id is None:
        return None
    name = scope_name(CAMPAIGN, caps.campaign_id)
    return Scope(name=name, cap_microusd=caps.campaign_cap_microusd, account_id=order.account_id)


KINDS: tuple[Kind, ...] = (
    _item,
    _account_day,
    _campaign,
    lambda _, __, caps: Scope(name=scope_name(DAY, caps.day), cap_microusd=caps.day_cap_microusd),
    lambda _, __, caps: Scope(name=GLOBAL, cap_microusd=caps.global_cap_microusd),
)
"""Each says of an order which budget of its kind counts; None where there is none."""


def scopes_of(order: Order, limits: Limits | None, caps: Caps) -> list[Scope]:
    """Return every budget that an order falls under, by name: on whose behalf it is bought stands in the order."""
    found = [kind(order, limits, caps) for kind in KINDS]
    return sorted((scope for scope in found if scope), key=lambda scope: scope.name)


async def read_scopes(connection: Connection, order: Order, limits: Limits | None) -> list[Scope]:
    """Return the budgets of an order with their current caps. The database clock fixes the day."""
    cursor = await connection.execute(
        """
        select account.day_cap_microusd as account_cap_microusd,
               to_char(now() at time zone account.time_zone, 'YYYY-MM-DD') as account_day,
               to_char(now() at time zone (select value #>> '{}' from configuration
                                           where key = 'budget_time_zone'), 'YYYY-MM-DD') as day,
               (select (value #>> '{}')::bigint from configuration
                where key = 'day_cap_microusd') as day_cap_microusd,
               (select (value #>> '{}')::bigint from configuration
                where key = 'global_cap_microusd') as global_cap_microusd,
               campaign.campaign_id, campaign.cap_microusd as campaign_cap_microusd
        from account
        left join item on item.item_id = %(item_id)s
        left join campaign on campaign.campaign_id = item.campaign_id
        where account.account_id = %(account_id)s
        """,
        {"account_id": order.account_id, "item_id": order.item_id},
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"there is no account {order.account_id!r} to buy for")
    return scopes_of(order, limits, Caps.model_validate(row))


async def lock_budgets(
    connection: Connection, scopes: Sequence[Scope], book: Book, *, also: Sequence[str] = ()
) -> None:
    """Make sure that every budget has its row with the cap that holds now, and lock them all by name.

    Those named in `also` are locked with them, and stay as they are. A cap lowered below what is committed freezes the
    budget; history is not rewritten.
    """
    names = [scope.name for scope in scopes]
    others = [name for name in also if name not in names]
    await connection.execute(
        """
        insert into budget (scope, book, account_id, cap_microusd)
        select scope, %(book)s, account_id, cap
        from unnest(%(scopes)s::text[], %(accounts)s::text[], %(caps)s::bigint[]) as wanted (scope, account_id, cap)
        order by scope
        on conflict (scope, book) do update
            set cap_microusd = excluded.cap_microusd,
                frozen_microusd = budget.reserved_microusd + budget.settled_microusd
            where budget.scope <> all(%(kept)s::text[])
              and budget.cap_microusd is distinct from excluded.cap_microusd
        """,
        {
            "book": book,
            "scopes": [*names, *others],
            "accounts": [scope.account_id for scope in scopes],
            "caps": [scope.cap_microusd for scope in scopes],
            "kept": [*others, *(scope.name for scope in scopes if scope.first_cap_stays)],
        },
    )
