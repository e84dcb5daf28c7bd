"""`alerts`: what a person should know of, newest first."""

from rich.markup import escape
from rich.table import Table

from activities.store import outbox
from schema.reviews.message import Message
from schema.settings import Settings
from starter.console.context import say
from starter.console.display import paper
from starter.console.from_database import stored
from starter.console.json_output import print_json


async def list_alerts(settings: Settings, most: int, as_json: bool) -> int:
    """List the newest alerts, delivered or not; what waited for a decision that has come is left out."""
    async with stored(settings) as connection:
        found = await outbox.still_true(connection, most)
    if as_json:
        print_json(settings.home, alerts=found)
        return 0
    if not found:
        say("there are no alerts")
        return 0
    table = Table("when", "what", "", "delivered", box=None, header_style="bold")
    for alert in found:
        table.add_row(
            f"{alert.created_at.astimezone():%Y-%m-%d %H:%M}",
            alert.kind,
            escape(alert.line),
            escape(_arrived(alert)),
        )
    paper().print(table)
    return 0


def _arrived(alert: Message) -> str:
    if alert.delivered_at:
        return "yes"
    return f"never: {alert.refusal}" if alert.refusal else "not yet"
