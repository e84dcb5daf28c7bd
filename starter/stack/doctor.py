"""`doctor`: what is set up, what is missing, and what each missing thing would need."""

import asyncio
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil
import psycopg
from psycopg.rows import DictRow, dict_row
from rich.markup import escape
from rich.table import Table
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.service import RPCError

from activities.media.binary import ffmpeg_path
from activities.store import outbox, stop_switch
from activities.store.capacity import capacity
from activities.store.migrate import MIGRATE_COMMAND
from activities.store.outbox import Backlog
from schema import queues
from schema.failure import Trouble
from schema.formats.format_file import format_names, load_format
from schema.money import in_words
from schema.purchases.quote import Quote
from schema.settings import Settings
from schema.vendors.key_finding import KeyFinding
from starter.console.display import paper
from starter.console.json_output import print_json
from starter.console.session import Session, connected
from starter.stack.binaries import postgres_programs, temporal_program
from starter.stack.environment import command_here
from starter.stack.home import Home
from starter.stack.run_stack import programs_version
from starter.stack.stack_addresses import Addresses, running
from starter.stack.worker_report import ask_worker

LEAST_FREE_BYTES = 2_000_000_000
_LATELY = timedelta(days=7)
"""For so long a message that was refused for good is held up to people."""
_DELIVERED_WITHIN = timedelta(minutes=10)
_POLL = timedelta(seconds=75)
"""A worker that waits for work asks again at least so often."""
_ATTRIBUTES = {"Account", "Format", "Stage", "CostUsd"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool | None
    """None for what is neither right nor wrong: it is not there yet, or does not run."""
    says: str
    remedy: str = ""


async def examine(settings: Settings, as_json: bool) -> int:
    """Look at everything and say what was found; 0 where nothing that is needed is missing."""
    found = [_python(), *_programs(), _home(settings)]
    addresses = running(settings)
    if addresses is None:
        found.append(Finding("stack", None, "not running", f"{command_here(settings.home)} up starts it"))
    else:
        found += [*await _database(settings, addresses), *await _temporal(settings, addresses)]
    found += await asyncio.to_thread(_worker, settings)
    found += _formats()
    well = all(finding.ok is not False for finding in found)
    if as_json:
        print_json(settings.home, ok=well, findings=found)
    else:
        table = Table(box=None, header_style="bold")
        for name in ("", "what", "found", "remedy"):
            table.add_column(name, overflow="fold")
        for finding in found:
            mark = {True: "ok", False: "NO", None: "-"}[finding.ok]
            table.add_row(mark, *map(escape, (finding.what, finding.says, finding.remedy)))
        paper().print(table)
    return 0 if well else 1


def _python() -> Finding:
    return Finding("python", sys.version_info >= (3, 11), sys.version.split()[0], "")


def _programs() -> list[Finding]:
    found: list[Finding] = []
    for name, locate, flag in (
        ("ffmpeg", ffmpeg_path, "-version"),
        ("temporal", temporal_program, "--version"),
        ("postgres", lambda: postgres_programs() / "postgres", "--version"),
    ):
        try:
            says = programs_version([str(locate()), flag])
        except (Trouble, OSError) as error:
            says = str(error)
            found.append(
                Finding(name, False, says, "run ./reelwright again: it installs the packages of the lock")
            )
            continue
        found.append(Finding(name, says != "does not run", says))
    return found


def _home(settings: Settings) -> Finding:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding(
        "home",
        free > LEAST_FREE_BYTES,
        f"{settings.home}, {free / 1e9:.0f} GB free",
        "" if free > LEAST_FREE_BYTES else "make room: a video needs about 20 MB, the stack 1 GB",
    )


async def _database(settings: Settings, addresses: Addresses) -> list[Finding]:
    kind = "embedded" if addresses.database_embedded else "remote"
    try:
        async with await psycopg.AsyncConnection[DictRow].connect(
            addresses.database_url, connect_timeout=5, row_factory=dict_row
        ) as connection:
            row = await (
                await connection.execute("select version() as server, current_user as who")
            ).fetchone()
            stopped = (await stop_switch.read(connection)).line
            room = await capacity(connection, settings)
            found = await outbox.backlog(connection, _LATELY)
    except (psycopg.Error, Trouble) as error:
        remedy = f"check DATABASE_URL; {MIGRATE_COMMAND} prepares one"
        return [Finding("database", False, f"{kind}: {error}", remedy)]
    server, who = (row["server"], row["who"]) if row else ("", "")
    findings = [Finding("database", True, f"{kind}: {str(server).split(' on ')[0]}, as {who}")]
    if room.shortage:
        findings.append(Finding("connections", None, room.shortage))
    if stopped:
        findings.append(
            Finding("paid calls", False, stopped, "look into the reason, then `reelwright resume`")
        )
    return [*findings, *_messages(found)]


def _messages(backlog: Backlog) -> list[Finding]:
    """Say what people were not told, of what they should have been."""
    if backlog.refused:
        says = f"{backlog.refused} refused for good within {_LATELY.days} days, the newest: {backlog.refusal}"
        return [Finding("messages", False, says, "`reelwright alerts` lists them; mend the recipient")]
    since = backlog.waiting_since
    if since is not None and datetime.now(UTC) - since > _DELIVERED_WITHIN:
        says = f"{backlog.waiting} wait to be delivered, the oldest since {since.astimezone():%Y-%m-%d %H:%M}"
        return [Finding("messages", False, says, "`reelwright logs worker` says what keeps them")]
    return []


async def _temporal(settings: Settings, addresses: Addresses) -> list[Finding]:
    kind = "embedded" if addresses.temporal_embedded else "remote"
    try:
        async with connected(settings, addresses) as session:
            await session.client.service_client.check_health()
            asked = ListSearchAttributesRequest(namespace=session.client.namespace)
            listed = await session.client.operator_service.list_search_attributes(asked)
            workers = await _workers(session, settings)
    except (RPCError, RuntimeError, Trouble) as error:
        remedy = f"check TEMPORAL_ADDRESS, or start {command_here(settings.home)} up"
        return [Finding("temporal", False, f"{kind}: {error}", remedy)]
    missing = _ATTRIBUTES - set(listed.custom_attributes)
    if missing:
        says = f"{kind}: {addresses.temporal_address}, without the search attributes {', '.join(sorted(missing))}"
        remedy = (
            "a worker makes them at its start where it may; else `temporal operator search-attribute create`"
        )
        return [Finding("temporal", False, says, remedy), workers]
    return [Finding("temporal", True, f"{kind}: {addresses.temporal_address}"), workers]


async def _workers(session: Session, settings: Settings) -> Finding:
    """Ask Temporal who takes work from each queue; a process that is frozen here still seems to."""
    lately = datetime.now(UTC) - _POLL
    taking: list[set[str]] = []
    for queue, kind in (
        (queues.CONTROL, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
        (queues.CONTROL, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
        (queues.MEDIA, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    ):
        asked = DescribeTaskQueueRequest(
            namespace=session.client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        )
        answer = await session.client.workflow_service.describe_task_queue(asked)
        taking.append(
            {one.identity for one in answer.pollers if one.last_access_time.ToDatetime(UTC) > lately}
        )
    frozen = _frozen(settings)
    able = set[str].union(*taking)
    remedy = f"`reelwright logs worker` says why; {command_here(settings.home)} up or worker starts one"
    if frozen is not None:
        return Finding("worker", False, f"process {frozen} is frozen", f"kill -CONT {frozen}, or end it")
    if not all(taking):
        return Finding("worker", False, "no worker takes work: whatever was begun waits", remedy)
    return Finding("worker", True, f"{len(able)} running")


def _frozen(settings: Settings) -> int | None:
    """Return the number of the stack's own worker where that process was stopped; None where it was not."""
    try:
        pid = int(Home(settings.home).pid_file("worker").read_text())
        return pid if psutil.Process(pid).status() == psutil.STATUS_STOPPED else None
    except (OSError, ValueError, psutil.Error):
        return None


def _worker(settings: Settings) -> list[Finding]:
    try:
        able = ask_worker(settings, "--keys")
    except Trouble as trouble:
        return [Finding("vendors", False, str(trouble), "mend the setting it names")]
    studios = ", ".join(
        f"{name} ({'a stand-in' if facts['stand_in'] else 'real'})" for name, facts in able["studios"].items()
    )
    found = [Finding("vendors", True, f"studios: {studios}; platforms: {', '.join(able['platforms'])}")]
    found += [
        _useless(name)
        for name, facts in able["studios"].items()
        if not facts["stand_in"] and not facts["formats"]
    ]
    found += [_key(KeyFinding.model_validate(one)) for one in able["keys"]]
    return found + [_price(Quote.model_validate(one)) for one in able["quotes"]]


def _useless(vendor: str) -> Finding:
    return Finding(
        f"prices of {vendor}",
        False,
        "the key is set, and the price list has no model for any format: nothing is bought there",
        f"a list of your own, {vendor}.yaml as in schema/prices, in a folder that REELWRIGHT_PRICES names",
    )


def _key(finding: KeyFinding) -> Finding:
    remedy = {
        "ok": "",
        "refused": "make a new key at the vendor, or mend what it says",
        "unreachable": "check the network and the vendor's address, then ask again",
    }
    return Finding(f"key of {finding.vendor}", finding.state == "ok", finding.says, remedy[finding.state])


def _price(quote: Quote) -> Finding:
    """Say what a run would cost."""
    first = in_words(quote.round_microusd, quote.book)
    who = f"{quote.scenes} scenes of {quote.first.model} at {quote.first.vendor}, words by {quote.writer}"
    return Finding(f"a run of {quote.format}", True, f"costs at most {first}: {who}")


def _formats() -> list[Finding]:
    loaded = [load_format(name)[0] for name in format_names()]
    return [
        Finding(
            f"format {chosen.name}",
            chosen.can_be_made or None,
            "can be made" if chosen.can_be_made else "cannot be made yet",
            "" if chosen.can_be_made else f"needs {chosen.missing}",
        )
        for chosen in loaded
    ]
