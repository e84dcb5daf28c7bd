"""`doctor`: what is set up, what is missing, and what each missing thing would need."""

import asyncio
import json
import shutil
import sys
from dataclasses import dataclass

import psycopg
from rich.table import Table
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.service import RPCError

from activities.media.binary import ffmpeg_path
from activities.store.migrate import MIGRATE_COMMAND
from schema.failure import Trouble
from schema.format import format_names, load_format
from schema.key import KeyFinding
from schema.money import in_words
from schema.quote import Quote
from schema.settings import Settings
from starter.able import ask_worker
from starter.display import paper
from starter.running import programs_version
from starter.session import connected
from starter.stack.addresses import Addresses, running
from starter.stack.binaries import postgres_programs, temporal_program

LEAST_FREE_BYTES = 2_000_000_000
_ATTRIBUTES = {"Account", "Format", "Stage", "CostUsd"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    says: str
    remedy: str = ""


async def examine(settings: Settings, as_json: bool) -> int:
    """Look at everything and say what was found; 0 where nothing that is needed is missing."""
    found = [_python(), *_programs(), _home(settings)]
    addresses = running(settings)
    if addresses is None:
        found.append(Finding("stack", True, "not running", "./reelwright up starts it"))
    else:
        found += [await _database(addresses), await _temporal(settings, addresses)]
    found += await asyncio.to_thread(_worker, settings)
    found += _formats()
    if as_json:
        sys.stdout.write(json.dumps([finding.__dict__ for finding in found], indent=2) + "\n")
    else:
        table = Table("", "what", "found", "remedy", box=None, header_style="bold")
        for finding in found:
            table.add_row("ok" if finding.ok else "NO", finding.what, finding.says, finding.remedy)
        paper().print(table)
    return 0 if all(finding.ok for finding in found) else 1


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


async def _database(addresses: Addresses) -> Finding:
    kind = "embedded" if addresses.database_embedded else "remote"
    try:
        async with await psycopg.AsyncConnection.connect(
            addresses.database_url, connect_timeout=5
        ) as connection:
            row = await (await connection.execute("select version(), current_user")).fetchone()
    except psycopg.Error as error:
        return Finding(
            "database", False, f"{kind}: {error}", f"check DATABASE_URL; {MIGRATE_COMMAND} prepares one"
        )
    version, user = row or ("", "")
    return Finding("database", True, f"{kind}: {str(version).split(' on ')[0]}, as {user}")


async def _temporal(settings: Settings, addresses: Addresses) -> Finding:
    kind = "embedded" if addresses.temporal_embedded else "remote"
    try:
        async with connected(settings, addresses) as session:
            await session.client.service_client.check_health()
            asked = ListSearchAttributesRequest(namespace=session.client.namespace)
            listed = await session.client.operator_service.list_search_attributes(asked)
    except (RPCError, RuntimeError, Trouble) as error:
        return Finding(
            "temporal", False, f"{kind}: {error}", "check TEMPORAL_ADDRESS, or start ./reelwright up"
        )
    missing = _ATTRIBUTES - set(listed.custom_attributes)
    if missing:
        return Finding(
            "temporal",
            False,
            f"{kind}: {addresses.temporal_address}, without the search attributes {', '.join(sorted(missing))}",
            "a worker makes them where it may; else `temporal operator search-attribute create`",
        )
    return Finding("temporal", True, f"{kind}: {addresses.temporal_address}")


def _worker(settings: Settings) -> list[Finding]:
    try:
        able = ask_worker(settings, "--keys")
    except Trouble as trouble:
        return [Finding("worker", False, str(trouble), "mend the setting it names")]
    studios = ", ".join(
        f"{name} ({'a stand-in' if facts['stand_in'] else 'real'})" for name, facts in able["studios"].items()
    )
    found = [Finding("worker", True, f"studios: {studios}; platforms: {', '.join(able['platforms'])}")]
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
    first = in_words(quote.round_microusd + quote.words_microusd, quote.book)
    who = f"{quote.scenes} scenes of {quote.first.model} at {quote.first.vendor}, words by {quote.writer}"
    return Finding(f"a run of {quote.format}", True, f"costs at most {first}: {who}")


def _formats() -> list[Finding]:
    loaded = [load_format(name)[0] for name in format_names()]
    return [
        Finding(
            f"format {chosen.name}",
            True,
            "can be made" if chosen.can_be_made else "cannot be made yet",
            "" if chosen.can_be_made else f"needs {chosen.missing}",
        )
        for chosen in loaded
    ]
