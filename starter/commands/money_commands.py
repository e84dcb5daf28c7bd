"""Money: `models`, `quote`, `costs`, `caps`, `alerts`, `reconcile`, `correct`, `unknowns`, `pause`, `resume`."""

from enum import StrEnum
from typing import Annotated

import typer

from starter.commands.flags import AsJson, Tier, TierName
from starter.console.context import current, run

Actor = Annotated[str | None, typer.Option("--as", help="Who says it; your user name if not given.")]
unknowns = typer.Typer(invoke_without_command=True)


class By(StrEnum):
    """What costs are added up by."""

    DAY = "day"
    ACCOUNT = "account"
    CAMPAIGN = "campaign"
    FORMAT = "format"
    VENDOR = "vendor"
    PURCHASE = "purchase"


def models(
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask the vendors what they cost now; the table stays as it is.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the models: what each can do, and what it costs."""
    if refresh:
        from starter.money.reconcile import refresh_prices

        raise typer.Exit(run(lambda: refresh_prices(current.settings(), as_json)))
    from starter.money.list_models import list_models

    async def work() -> int:
        return list_models(current.settings(), as_json)

    raise typer.Exit(run(work))


def quote(
    format_name: Annotated[str, typer.Option("--format", help="Kind of video.")] = "asmr-craft",
    tier: Tier = TierName.STANDARD,
    account: Annotated[str | None, typer.Option(help="For whom; its item cap counts.")] = None,
    cap: Annotated[str | None, typer.Option(help="Most dollars the item may cost, as with `make`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what an item will cost at most, before it is made."""
    from starter.money.quote_item import Inquiry, quote_item

    inquiry = Inquiry(format_name, tier.value, account, cap)
    raise typer.Exit(run(lambda: quote_item(current.settings(), inquiry, as_json)))


def costs(
    by: Annotated[By, typer.Option(help="What to add up by.")] = By.DAY,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add up what was charged, reserved and wasted."""
    from starter.money.costs import show_costs

    raise typer.Exit(run(lambda: show_costs(current.settings(), by, csv, as_json)))


def caps(
    day: Annotated[str | None, typer.Option(help="Most dollars a day, all accounts together.")] = None,
    in_all: Annotated[
        str | None, typer.Option("--global", help="Most dollars ever; `none` for no such cap.")
    ] = None,
    calls_a_minute: Annotated[
        int | None, typer.Option(help="Most paid calls begun within a minute.", min=1, max=100_000)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is spent of the caps, or set them.

    Those of accounts are set with `accounts set`, those of campaigns with `campaigns set`.
    """
    from starter.money.caps import set_caps

    raise typer.Exit(run(lambda: set_caps(current.settings(), day, in_all, calls_a_minute, as_json)))


def alerts(
    most: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List what you should know of, newest first.

    Caps nearly spent, charges beyond what was reserved, books that differ, outcomes that wait for you.
    """
    from starter.accounts.list_alerts import list_alerts

    raise typer.Exit(run(lambda: list_alerts(current.settings(), most, as_json)))


def reconcile(
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=30)] = 3,
    as_json: AsJson = False,
) -> None:
    """Compare charges and prices with what the vendors list.

    Runs each night by itself.
    """
    from starter.money.reconcile import reconcile as compare

    raise typer.Exit(run(lambda: compare(current.settings(), days, as_json)))


def correct(
    operation: Annotated[str, typer.Argument(help="The operation's id, as `receipt` and `alerts` show it.")],
    charged: Annotated[str, typer.Option(help="Dollars that the vendor's bill says.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the item.")] = "",
    actor: Actor = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Also where it is more than was reserved for it.")
    ] = False,
) -> None:
    """Set what a purchase was charged, as the vendor's bill says.

    For a bill that says otherwise than the ledger.
    """
    from starter.money.correct_charge import correct as set_charge

    raise typer.Exit(run(lambda: set_charge(current.settings(), operation, charged, reason, actor, sure=yes)))


def pause(
    reason: Annotated[str, typer.Option(help="Why; shown with each refusal.")] = "",
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Stop all paid calls, everywhere, at once.

    What is under way is seen to its end.
    """
    from starter.money.caps import pause as stop

    raise typer.Exit(run(lambda: stop(current.settings(), reason, actor, as_json)))


def resume(actor: Actor = None, as_json: AsJson = False) -> None:
    """Allow paid calls again, and posts after a restore.

    Says what they were stopped for.
    """
    from starter.money.caps import resume as allow

    raise typer.Exit(run(lambda: allow(current.settings(), actor, as_json)))


@unknowns.callback()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """List the outcomes that only a person can find out.

    `adopt`, `write-off` or `none` closes each.
    """
    if context.invoked_subcommand is None:
        from starter.money.answer_parked import list_unknowns

        raise typer.Exit(run(lambda: list_unknowns(current.settings(), as_json)))


Operation = Annotated[str, typer.Argument(help="The operation's id, as `unknowns` shows it.")]


@unknowns.command("adopt")
def adopt(
    operation: Operation,
    handle: Annotated[str, typer.Option(help="The vendor's id, or the address of the post.")],
    charged: Annotated[
        str | None,
        typer.Option(help="Dollars that the vendor charged; a purchase needs it, a post has none."),
    ] = None,
    actor: Actor = None,
) -> None:
    """You found it at the vendor: it happened."""
    from starter.money.answer_parked import close_unknown

    raise typer.Exit(
        run(lambda: close_unknown(current.settings(), operation, "adopt", actor, handle, charged))
    )


@unknowns.command("write-off")
def write_off(operation: Operation, actor: Actor = None) -> None:
    """The outcome cannot be found out: it counts as charged in full."""
    from starter.money.answer_parked import close_unknown

    raise typer.Exit(run(lambda: close_unknown(current.settings(), operation, "write-off", actor)))


@unknowns.command("none")
def none(operation: Operation, actor: Actor = None) -> None:
    """You made sure that nothing happened: the money is given back."""
    from starter.money.answer_parked import close_unknown

    raise typer.Exit(run(lambda: close_unknown(current.settings(), operation, "none", actor)))


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (models, quote, costs, caps, alerts, reconcile, correct, pause, resume):
        app.command()(command)
    app.add_typer(unknowns, name="unknowns")
