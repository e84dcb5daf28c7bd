"""`make`: one item for an account, watched to its end where that was asked for."""

from collections.abc import Callable

from activities.buying.purchases import most_of_a_round_microusd
from activities.ledger.headroom import budget_of_item
from activities.store import item_rows
from schema.items.item import ItemResult
from schema.items.item_form import ItemForm
from schema.items.progress import Progress
from schema.money import in_words
from schema.reviews.review import DecisionKind, ReviewState, WordForm
from schema.settings import Settings
from starter.console.context import tell
from starter.console.display import display, when
from starter.console.json_output import print_json
from starter.console.option_values import actor
from starter.console.session import Session, connected
from starter.console.stop_notice import tell_if_stopped
from starter.console.terminal_input import AnotherRound, ask_for_word, can_ask
from starter.items.follow import follow, result_of
from starter.items.material import Material
from starter.items.start_item import Handle, begin
from starter.money.quote_item import require_budget_for_a_round
from starter.stack.blueprint import blueprint
from starter.stack.keeper import Event
from starter.stack.stack_addresses import Addresses, require_running
from starter.stack.up import embedded


async def run_make(
    settings: Settings, wanted: ItemForm, material: Material, *, wait: bool, as_json: bool
) -> int:
    """Start an item; with `wait` stay until it has ended and return its exit code."""
    if wanted.item_cap_microusd is not None and material.clips is None:
        await require_budget_for_a_round(settings, wanted.format, wanted.tier, wanted.item_cap_microusd)
    if not wait:
        async with connected(settings, require_running(settings)) as session:
            item_id, _ = await begin(session, wanted, material, tell)
            tell(f"{item_id} has begun; `reelwright show {item_id}` says where it stands")
            async with session.database.transaction() as connection:
                await tell_if_stopped(connection)
            print_result(session, item_id, None, as_json=as_json)
            return 0
    async with (
        embedded(settings, blueprint(settings), tell_event) as running,
        connected(settings, running.addresses) as session,
    ):
        item_id, handle = await begin(session, wanted, material, tell)
        tell_links(session.addresses, item_id)
        result = await watch(session, handle)
        tell_ending(session, result)
        print_result(session, item_id, result, as_json=as_json)
        return result.exit_code


def tell_event(event: Event) -> None:
    """Say what the stack does where that is news: restarts, and what went wrong."""
    if event.kind not in ("started", "ready", "stopped"):
        tell(event.line)


async def watch(
    session: Session,
    handle: Handle,
    *,
    answer: DecisionKind | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> ItemResult:
    """Follow an item to its end. `answer` decides for the person; without one the person is asked."""
    asked: set[str | None] = set()
    while True:
        shown = await _until_review(handle, asked, on_progress)
        if shown is None:
            return await result_of(handle)
        asked.add(shown.review_id)
        if answer is None and not can_ask():
            _tell_what_waits(session, shown)
            continue
        word = _said_for(shown, answer) if answer else await _ask(session, shown)
        verdict = await session.door.decide(word)
        tell(verdict.line)
        still_on_show = (
            verdict.review.state is ReviewState.OPEN and verdict.review.review_id == shown.review_id
        )
        if still_on_show and not answer:
            asked.discard(shown.review_id)


def _said_for(shown: Progress, answer: DecisionKind) -> WordForm:
    return WordForm(
        kind=answer, item_id=shown.item_id, review_id=shown.review_id, actor=actor(), door="command line"
    )


async def _ask(session: Session, shown: Progress) -> WordForm:
    async with session.database.transaction() as connection:
        plan = await item_rows.plan_of(connection, shown.item_id)
        room = await budget_of_item(connection, shown.item_id, plan.book, plan.limits.item_cap_microusd)
    another = AnotherRound(
        most_of_a_round_microusd(plan),
        room.left_microusd,
        room.cap_microusd,
        plan.book,
        not plan.source.can_be_made_again,
    )
    return await ask_for_word(shown, session.storage.local(shown.video_key or ""), another, actor())


def _tell_what_waits(session: Session, shown: Progress) -> None:
    """Say what waits, until when, and how to decide, where no person can be asked."""
    item_id = shown.item_id
    tell(f"{item_id} waits for you" + (f" until {when(shown.review_ends)}" if shown.review_ends else ""))
    tell(f"  video    {session.storage.location(shown.video_key or '')}")
    tell(f"  caption  {' '.join(shown.caption.split()) or '(none yet)'}")
    tell(f"  decide   reelwright approve {item_id}   (or reject, revise, caption)")


async def _until_review(
    handle: Handle, asked: set[str | None], on_progress: Callable[[Progress], None]
) -> Progress | None:
    """Show progress until something new is on show, which is returned; None once the item has ended."""
    with display() as shown:
        async for seen in follow(handle):
            shown.show(seen)
            if (progress := seen.progress) is None:
                continue
            on_progress(progress)
            if progress.review_id and progress.review_id not in asked:
                return progress
    return None


def tell_links(addresses: Addresses, item_id: str) -> None:
    """Say where the item can be looked at while the stack is up."""
    if link := addresses.item_link(item_id):
        tell(f"{item_id}\n  in the Temporal UI, while the stack is up: {link}")


def tell_ending(session: Session, result: ItemResult) -> None:
    """Say how an item ended, and where its video lies."""
    tell("")
    tell(
        f"{result.item_id}: {result.state}"
        + (f" ({' '.join(result.reason.split())})" if result.reason else "")
    )
    if result.video_key:
        tell(f"  video    {session.storage.location(result.video_key)}")
    for post in result.posts:
        tell(f"  {post.platform:<8} {post.uri or post.reason}")
    tell(f"  cost     {in_words(result.cost_microusd, result.book)}")


def print_result(session: Session, item_id: str, result: ItemResult | None, *, as_json: bool) -> None:
    """Print the one JSON object of `--json`."""
    if not as_json:
        return
    print_json(
        session.settings.home,
        item_id=item_id,
        state=result.state if result else "running",
        video=session.storage.location(result.video_key) if result and result.video_key else None,
        posts=result.posts if result else (),
        cost_microusd=result.cost_microusd if result else 0,
        book=result.book if result else None,
        reason=result.reason if result else "",
        temporal_ui=session.addresses.item_link(item_id),
    )
