"""`reconcile` and `models --refresh`: the nightly check of books and prices, at once, and what it found."""

from rich.markup import escape
from rich.table import Table
from temporalio.client import WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy

from schema import queues
from schema.failure import Fault, Trouble
from schema.settings import Settings
from schema.vendors.audit import AuditReport, AuditRequest, VendorPrices
from starter.console.context import FAILED, tell
from starter.console.display import paper
from starter.console.json_output import print_json
from starter.console.session import Session, connected
from workflows.nightly_audit import NightlyAudit


async def reconcile(settings: Settings, days: int, as_json: bool) -> int:
    """Compare books and prices now; 0 where they agree, 1 where they differ or could not be compared."""
    async with connected(settings) as session:
        report = await _checked(session, AuditRequest(days=days))
    if as_json:
        _print_json(settings, report)
        return 0 if report.agree else FAILED
    for books in report.books:
        _print(books.in_words())
        for difference in books.differences:
            _print(f"  {difference.kind}: {difference.line}")
        if books.more_differences:
            _print(f"  and {books.more_differences} more")
    for prices in report.prices:
        _print(_summary(prices))
        for line in prices.lines:
            if line.verdict in ("differs", "changed"):
                _print(f"  {line.model} ({line.endpoint}) {line.verdict}: {line.line}")
    tell(
        "the books agree" if report.agree else "the books differ; nothing was changed, and `alerts` keeps it"
    )
    return 0 if report.agree else FAILED


async def refresh_prices(settings: Settings, as_json: bool) -> int:
    """Read vendors' current prices; 0 if none differs from our table, which stays as it is."""
    async with connected(settings) as session:
        report = await _checked(session, AuditRequest(charges=False))
    if as_json:
        _print_json(settings, report)
        return 0 if report.agree else FAILED
    table = Table("vendor", "model", "verdict", "price", box=None, header_style="bold")
    for prices in report.prices:
        for line in prices.lines:
            table.add_row(line.vendor, line.model, line.verdict, escape(line.line))
    paper().print(table)
    for prices in report.prices:
        if prices.unread:
            tell(_summary(prices))
    if not report.agree:
        tell("prices differ; nothing was changed: read the vendor's page, then change schema/prices by hand")
    return 0 if report.agree else FAILED


async def _checked(session: Session, request: AuditRequest) -> AuditReport:
    """Run the check, or join the same one that is running."""
    kind = "all" if request.charges else "prices"
    try:
        return await session.client.execute_workflow(
            NightlyAudit.run,
            request,
            id=f"books/now/{kind}/{request.days}",
            task_queue=queues.CONTROL,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="compares what was settled with what vendors list",
        )
    except WorkflowFailureError as error:
        raise Trouble(Fault.VENDOR_DOWN, f"the check did not come to its end: {error.cause}") from error


def _summary(prices: VendorPrices) -> str:
    if prices.unread:
        return f"{prices.vendor}: prices not compared: {prices.unread}"
    verdicts = [line.verdict for line in prices.lines]
    counted = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts)))
    return f"{prices.vendor}: prices: {counted or 'none to compare'}"


def _print_json(settings: Settings, report: AuditReport) -> None:
    books = [one.model_dump() | {"agree": one.agree, "line": one.in_words()} for one in report.books]
    print_json(settings.home, agree=report.agree, books=books, prices=report.prices)


def _print(line: str) -> None:
    paper().print(escape(line), highlight=False, soft_wrap=True)
