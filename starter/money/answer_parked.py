"""`unknowns`: outcomes that only a person can find out, and the person's answers."""

from typing import Literal

from rich.markup import escape
from rich.table import Table

from activities.ledger import parked_operations
from activities.ledger.parked_operations import ParkedOperation
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.money import in_words
from schema.settings import Settings
from starter.console.context import say
from starter.console.display import paper
from starter.console.from_database import stored
from starter.console.json_output import print_json
from starter.console.option_values import actor as this_person
from starter.console.option_values import dollars


async def list_unknowns(settings: Settings, as_json: bool) -> int:
    """List what waits for a person."""
    async with stored(settings) as connection:
        found = await parked_operations.parked_operations(connection)
    if as_json:
        rows = [
            question.operation.model_dump() | {"since": question.since, "told": question.told}
            for question in found
        ]
        print_json(settings.home, unknowns=rows)
        return 0
    if not found:
        say("nothing is unknown")
        return 0
    table = Table(
        "operation", "vendor", "reserved", "since", "what is not known", box=None, header_style="bold"
    )
    for question in found:
        operation = question.operation
        table.add_row(
            operation.operation_id,
            operation.vendor,
            in_words(operation.reserved_microusd, operation.book),
            f"{question.since.astimezone():%Y-%m-%d %H:%M}",
            escape(_what_is_not_known(question)),
        )
    paper().print(table)
    return 0


def _what_is_not_known(question: ParkedOperation) -> str:
    operation = question.operation
    line = operation.reason or f"its item ended while it was {operation.state}"
    told = f"; {operation.vendor} has called back about {', '.join(question.told)}" if question.told else ""
    return f"{line}{told}"


async def close_unknown(
    settings: Settings,
    operation_id: str,
    answer: Literal["adopt", "write-off", "none"],
    actor: str | None,
    handle: str = "",
    charged: str | None = None,
) -> int:
    """Close what was not known, as a person says.

    Raises `Trouble` (`bad_input`) where it waits for no person, and where a purchase is adopted without what it cost.
    """
    person = actor or this_person()
    async with stored(settings) as connection:
        match answer:
            case "adopt":
                await _check_charge(connection, operation_id, dollars(charged))
                closed = await parked_operations.adopt(
                    connection, operation_id, person, handle, dollars(charged) or 0
                )
            case "write-off":
                closed = await parked_operations.write_off(connection, operation_id, person)
            case "none":
                closed = await parked_operations.prove_none(connection, operation_id, person)
    say(f"{operation_id}: {closed.state}, charged {in_words(closed.charged_microusd or 0, closed.book)}")
    return 0


async def _check_charge(connection: Connection, operation_id: str, charged: int | None) -> None:
    """Refuse a purchase without its charge, which would be taken for free, and a post with one."""
    asked = [question.operation for question in await parked_operations.parked_operations(connection)]
    for operation in asked:
        if operation.operation_id != operation_id:
            continue
        if operation.kind == "paid" and charged is None:
            reserved = in_words(operation.reserved_microusd, operation.book)
            raise Trouble(
                Fault.BAD_INPUT,
                f"{operation_id!r} was to cost money: add --charged with the dollars that {operation.vendor} charged, "
                f"0 if none; {reserved} is reserved",
            )
        if operation.kind == "publish" and charged:
            raise Trouble(
                Fault.BAD_INPUT, f"{operation_id!r} is a post, and costs nothing; leave --charged out"
            )
