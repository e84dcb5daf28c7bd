"""`again`: take an ended item up again, with what was made for it and a review of its own."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from activities.ledger import lines
from activities.open_item import places_left
from activities.store import accounts, items
from schema.item import ItemRequest, new_item_id
from schema.settings import Settings
from starter.answers import print_json
from starter.beginning import start
from starter.context import tell
from starter.session import connected


async def take_up_again(settings: Settings, item_id: str, as_json: bool) -> int:
    """Begin the item that takes this one up. Raises `Trouble` (`bad_input`) where that cannot be, and why."""
    async with connected(settings) as session:
        async with session.database.transaction() as connection:
            taken = await lines.take_up(connection, item_id)
            earlier = await items.snapshot_of(connection, item_id)
            account = await accounts.get(connection, earlier.account_id)
        places = places_left(earlier, taken, account)
        today = datetime.now(UTC).astimezone(ZoneInfo(account.time_zone)).date()
        request = ItemRequest(
            item_id=new_item_id(account.account_id, today),
            account_id=account.account_id,
            format=earlier.format.name,
            forerunner_id=item_id,
        )
        await start(session.client, request)
        tell(
            f"{request.item_id} takes up {item_id}, for {', '.join(places)}; nothing is bought, and it waits for you: "
            f"`reelwright show {request.item_id}`"
        )
        if as_json:
            link = session.addresses.item_link(request.item_id)
            print_json(
                settings.home,
                item_id=request.item_id,
                forerunner_id=item_id,
                state="running",
                temporal_ui=link,
            )
    return 0
