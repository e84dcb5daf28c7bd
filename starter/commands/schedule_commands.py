"""`schedule add|set|list|show|pause|resume|trigger|backfill|remove`."""

from typing import Annotated

import typer

from schema.limits import MAX_TOPIC
from starter.commands.flags import AsJson
from starter.console.context import current, run

app = typer.Typer(no_args_is_help=True)

Account = Annotated[str, typer.Option(help="Whose production.")]


@app.command("add")
def add(
    account: Account,
    at: Annotated[str, typer.Option(help="Time of day in the account's time zone, e.g. 09:00.")],
    format_name: Annotated[str, typer.Option("--format", help="Kind of video.")] = "asmr-craft",
    topic: Annotated[
        str | None, typer.Option(help=f"What it should be about, each day; at most {MAX_TOPIC} characters.")
    ] = None,
    campaign: Annotated[str | None, typer.Option(help="The campaign whose cap its items fall under.")] = None,
) -> None:
    """Make one item a day for an account."""
    from starter.accounts.manage_schedules import add_schedule

    raise typer.Exit(run(lambda: add_schedule(current.settings(), account, at, format_name, topic, campaign)))


@app.command("set")
def change(
    account: Account,
    at: Annotated[str | None, typer.Option(help="Another time of day, e.g. 09:00.")] = None,
    format_name: Annotated[str | None, typer.Option("--format", help="Another kind of video.")] = None,
    topic: Annotated[str | None, typer.Option(help="Another topic; empty for none.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Another campaign; empty for none.")] = None,
) -> None:
    """Change a schedule; a day that has its item gets no second one."""
    from starter.accounts.manage_schedules import change_schedule

    changed = {"at": at, "format": format_name, "topic": topic, "campaign_id": campaign}
    raise typer.Exit(run(lambda: change_schedule(current.settings(), account, changed)))


@app.command("list")
def show_all(as_json: AsJson = False) -> None:
    """List the schedules, with their next times."""
    from starter.accounts.list_schedules import list_schedules

    raise typer.Exit(run(lambda: list_schedules(current.settings(), as_json)))


@app.command("show")
def show(account: Account, as_json: AsJson = False) -> None:
    """Show an account's schedule."""
    from starter.accounts.list_schedules import show_schedule

    raise typer.Exit(run(lambda: show_schedule(current.settings(), account, as_json)))


@app.command("pause")
def pause(account: Account, note: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    """Let no more items start by themselves."""
    from starter.accounts.manage_schedules import pause_schedule

    raise typer.Exit(run(lambda: pause_schedule(current.settings(), account, note)))


@app.command("resume")
def resume(account: Account) -> None:
    """Let items start by themselves again."""
    from starter.accounts.manage_schedules import resume_schedule

    raise typer.Exit(run(lambda: resume_schedule(current.settings(), account)))


@app.command("trigger")
def trigger(account: Account, as_json: AsJson = False) -> None:
    """Start an item now, beside the day's own."""
    from starter.accounts.manage_schedules import trigger_schedule

    raise typer.Exit(run(lambda: trigger_schedule(current.settings(), account, as_json)))


@app.command("backfill")
def backfill(
    account: Account,
    start: Annotated[str, typer.Option("--from", help="First day, e.g. 2026-11-01.")],
    end: Annotated[str, typer.Option("--to", help="Last day.")],
    as_json: AsJson = False,
) -> None:
    """Make the items of past days; a day with an item gets no second."""
    from starter.accounts.manage_schedules import backfill_schedule

    raise typer.Exit(run(lambda: backfill_schedule(current.settings(), account, start, end, as_json)))


@app.command("remove")
def remove(account: Account) -> None:
    """End an account's daily production; started items go on."""
    from starter.accounts.manage_schedules import remove_schedule

    raise typer.Exit(run(lambda: remove_schedule(current.settings(), account)))
