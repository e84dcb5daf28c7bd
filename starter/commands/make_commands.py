"""`demo`, `make` and `test`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schema.limits import MAX_CAPTION, MAX_SEED, MAX_TITLE, MAX_TOPIC
from starter.commands.flags import AsJson, Tier, TierName
from starter.console.context import current, fail, run

if TYPE_CHECKING:
    from schema.items.item_form import ItemForm


def path_option(text: str) -> Path | None:
    """Return a path as it was typed. An empty one is refused."""
    if not text.strip():
        raise typer.BadParameter("it is empty; name a file or folder, or leave the flag out")
    return Path(text)


Clips = Annotated[
    Path | None,
    typer.Option(parser=path_option, help="A folder with your own video files, used as the scenes."),
]
Topic = Annotated[str | None, typer.Option(help=f"What it should be about; at most {MAX_TOPIC} characters.")]
Title = Annotated[
    str | None,
    typer.Option(
        help=f"Its title, instead of one that the writer makes up, or of your folder's name; at most {MAX_TITLE} "
        "characters."
    ),
]
Caption = Annotated[
    str | None,
    typer.Option(
        help="Its caption, instead of one that the writer makes up. Your own clips have none unless you give one or a "
        f"topic. At most {MAX_CAPTION:,} characters."
    ),
]
CaptionFile = Annotated[
    str | None, typer.Option(help="A text file with its caption; - reads standard input.")
]
Seed = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=MAX_SEED,
        help="Same seed, account, format and topic: the same idea and scenes again, and what was bought before is not "
        "bought again (unless --fresh). Only the offline writer can do that: a real model never writes the same twice. "
        "Without a seed each idea is another.",
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Buy every scene, also one that the account has bought before.")
]


def demo(
    crash: Annotated[bool, typer.Option("--crash", help="Kill the worker twice on the way.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Say yes to the review.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Say no to the review.")] = False,
    clips: Clips = None,
    topic: Topic = None,
    title: Title = None,
    caption: Caption = None,
    caption_file: CaptionFile = None,
    seed: Seed = None,
    fresh: Fresh = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make, review and publish one video to a folder.

    In simulated dollars, without keys.
    """
    if approve and reject:
        fail("--approve and --reject exclude each other; give one", 2)
    from schema.money import Book
    from starter.items.demo import ACCOUNT, DemoOptions, run_demo
    from starter.items.material import Material

    options = DemoOptions(crash, "approve" if approve else "reject" if reject else None, keep, as_json)

    def wanted() -> "ItemForm":
        return _wanted(
            **_texts(topic, title, caption, caption_file),
            account_id=ACCOUNT.account_id,
            seed=seed,
            fresh=fresh or crash,  # there must be something to crash in
            book=Book.SIMULATED,
        )

    raise typer.Exit(run(lambda: run_demo(current.settings(), wanted(), Material(clips), options)))


def make(
    account: Annotated[str, typer.Option(help="For whom.")],
    format_name: Annotated[str, typer.Option("--format", help="Kind of video.")] = "asmr-craft",
    topic: Topic = None,
    title: Title = None,
    caption: Caption = None,
    caption_file: CaptionFile = None,
    seed: Seed = None,
    tier: Tier = TierName.STANDARD,
    fresh: Fresh = False,
    clips: Clips = None,
    intro: Annotated[
        Path | None, typer.Option(parser=path_option, help="A video file to begin with.")
    ] = None,
    outro: Annotated[Path | None, typer.Option(parser=path_option, help="A video file to end with.")] = None,
    watermark: Annotated[
        Path | None, typer.Option(parser=path_option, help="A PNG, laid on the picture.")
    ] = None,
    cap: Annotated[str | None, typer.Option(help="Most dollars this item may cost.")] = None,
    day_cap: Annotated[
        str | None, typer.Option(help="Most dollars the account may have spent today, this included.")
    ] = None,
    campaign: Annotated[
        str | None,
        typer.Option(help="The account's campaign that it belongs to, and whose cap it falls under."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until it has ended; start a stack if none runs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make one item for an account."""
    from starter.console.option_values import dollars
    from starter.items.make_item import run_make
    from starter.items.material import Material

    material = Material(clips, intro, outro, watermark)

    def wanted() -> "ItemForm":
        return _wanted(
            **_texts(topic, title, caption, caption_file),
            account_id=account,
            format=format_name,
            campaign_id=campaign,
            seed=seed,
            tier=tier.value,
            fresh=fresh,
            item_cap_microusd=dollars(cap),
            day_cap_microusd=dollars(day_cap),
        )

    raise typer.Exit(
        run(lambda: run_make(current.settings(), wanted(), material, wait=wait, as_json=as_json))
    )


def _wanted(**fields: Any) -> "ItemForm":
    """Return what is asked for, by the person at this terminal. Raises `Trouble` (`bad_input`)."""
    from schema.items.item_form import ItemForm
    from schema.payload import taken_in
    from starter.console.option_values import actor

    return taken_in(ItemForm, {"requested_by": actor(), **fields})


def _texts(
    topic: str | None, title: str | None, caption: str | None, caption_file: str | None
) -> dict[str, str | None]:
    """Return a person's own texts, fit to be stored. Raises `Trouble` (`bad_input`)."""
    from starter.console.option_values import caption_value, line_value

    return {
        "topic": line_value("--topic", topic, MAX_TOPIC),
        "title": line_value("--title", title, MAX_TITLE),
        "caption": caption_value(caption, caption_file, MAX_CAPTION),
    }


def run_the_tests(
    arguments: Annotated[list[str] | None, typer.Argument(help="Handed to pytest.")] = None,
) -> None:
    """Run all tests, or those that are named.

    They run against a real Temporal, PostgreSQL and ffmpeg; what follows is handed to pytest.

    --quick runs those that need no server: a minute. --mutants puts seeded bugs into a copy and sees the tests fail.

    tests/crashes --every-crash-point kills the worker at every place of every paid call: a quarter of an hour.

    tests/crashes --real-timings does so at some places, with the timeouts that people run with: ten minutes.
    """
    from starter.stack.checkout import run_tests

    raise typer.Exit(run_tests(arguments or []))


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="workflow, compose, waiting or ledger.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Handed to the benchmark.")] = None,
) -> None:
    """Measure, from a checkout.

    Each benchmark prints ratios taken in one run.
    """
    if name in ("--help", "-h"):
        typer.echo(context.get_help())
        return
    from starter.stack.checkout import run_benchmark

    raise typer.Exit(run_benchmark(name, arguments or []))


def chaos(
    items: Annotated[int, typer.Option(help="How many items.", min=1)] = 20,
    seconds: Annotated[float, typer.Option(help="How long the faults go on.", min=1)] = 60,
    seed: Annotated[
        int | None, typer.Option(help="Repeats the faults of an earlier run; drawn if not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove it, from a checkout: items among faults of all kinds.

    Kills, pauses, cuts and lies, judged by the vendors' journals.
    """
    from starter.stack.checkout import run_chaos

    words = ["--items", str(items), "--seconds", f"{seconds:g}", *(["--json"] if as_json else [])]
    raise typer.Exit(run_chaos(words if seed is None else [*words, "--seed", str(seed)]))


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(demo)
    app.command()(make)
    handed_over: dict[str, Any] = {
        "allow_extra_args": True,
        "ignore_unknown_options": True,
    }
    its_own_help: dict[str, Any] = {"help_option_names": []}
    app.command("test", context_settings=handed_over)(run_the_tests)
    app.command(context_settings=handed_over | its_own_help)(bench)
    app.command()(chaos)
