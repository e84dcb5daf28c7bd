"""`again`: take an ended item up again, with what was made for it and a review of its own."""

from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.open_item import places_left
from activities.platforms.platform_registry import PLATFORMS
from activities.reviews.item_lines import PostgresLines
from activities.store import account_rows, item_rows
from schema.failure import Fault, Trouble
from schema.items.item import ItemRequest, successor_id
from schema.settings import Settings
from starter.console.context import tell
from starter.console.json_output import print_json
from starter.console.option_values import actor
from starter.console.session import connected
from starter.items.start_item import start


async def take_up_again(settings: Settings, item_id: str, as_json: bool) -> int:
    """Begin the item that takes this one up. Raises `Trouble` (`bad_input`) where that cannot be, and why."""
    async with connected(settings) as session:
        taken = await PostgresLines(session.database).take_up(item_id)
        async with session.database.transaction() as connection:
            earlier = await item_rows.plan_of(connection, taken.item_id)
            account = await account_rows.get(connection, earlier.account_id)
        places = places_left(earlier, taken, account, PLATFORMS)
        request = ItemRequest(
            item_id=successor_id(taken.forerunner_id, account.account_id),
            account_id=account.account_id,
            format=earlier.format.name,
            forerunner_id=item_id,
            requested_by=actor(),
        )
        link = session.addresses.item_link(request.item_id)
        try:
            await start(session.client, request)
        except WorkflowAlreadyStartedError:
            raise Trouble(
                Fault.BAD_INPUT,
                f"Temporal knows that {request.item_id} has taken {item_id} up already, and the database does not, as "
                f"after a restore: look at what it posted ({link or 'in the Temporal UI'})",
            ) from None
        tell(
            f"{request.item_id} takes up {item_id}, for {', '.join(places)}; nothing is bought. "
            f"In a moment it waits for you: `reelwright show {request.item_id}`"
        )
        if as_json:
            print_json(
                settings.home,
                item_id=request.item_id,
                forerunner_id=taken.forerunner_id,
                state="running",
                temporal_ui=link,
            )
    return 0
