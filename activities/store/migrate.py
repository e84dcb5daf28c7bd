"""Brings the database to this code's schema: plain SQL files, safe to run twice and at once.

Migrations connect as the owner or as a superuser; everything else runs as `reelwright_app`.
"""

import hashlib
from importlib import resources
from typing import LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from schema.failure import Fault, Trouble

OWNER = "reelwright_owner"
APP = "reelwright_app"
MIGRATE_COMMAND = "./reelwright migrate"

_LOCK = 0x7265656C77  # any fixed number: one migration at a time in one database
_ROLES = f"create role {OWNER} login; create role {APP} login;"


def migrations() -> list[tuple[str, str]]:
    """Return name and text of every migration, in order."""
    folder = resources.files("activities.store") / "migrations"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda e: e.name)
    return [(entry.name, entry.read_text(encoding="utf-8")) for entry in files]


async def missing_migrations(connection: psycopg.AsyncConnection[DictRow]) -> list[str]:
    """Return the names of the migrations that this database has not seen."""
    found = await (
        await connection.execute("select to_regclass('public.schema_migration') as here")
    ).fetchone()
    applied: set[str] = set()
    if found and found["here"]:
        applied = {row["name"] async for row in await connection.execute("select name from schema_migration")}
    return [name for name, _ in migrations() if name not in applied]


async def migrate(url: str) -> list[str]:
    """Apply what is missing and return its names; an empty list means that there was nothing to do.

    Raises `Trouble`: `vendor_down` where the database does not answer, `bad_input` where the roles are missing and
    this user may not make them, or where a migration that was already applied has changed since.
    """
    try:
        connection = await psycopg.AsyncConnection[DictRow].connect(
            url, autocommit=True, row_factory=dict_row
        )
    except psycopg.ProgrammingError:  # its text may repeat a password
        raise Trouble(
            Fault.BAD_INPUT, "DATABASE_MIGRATION_URL cannot be read as the address of a PostgreSQL; mend it"
        ) from None
    except psycopg.OperationalError as error:
        raise Trouble(
            Fault.VENDOR_DOWN,
            f"PostgreSQL does not answer ({error}); check DATABASE_MIGRATION_URL or start it",
        ) from error
    async with connection:
        await connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        await _become_owner(connection)
        await connection.execute(
            "create table if not exists schema_migration (name text primary key, sha256 text not null, "
            "created_at timestamptz not null default now())"
        )
        return [name for name, text in migrations() if await _apply(connection, name, text)]


async def _apply(connection: psycopg.AsyncConnection[DictRow], name: str, text: str) -> bool:
    digest = hashlib.sha256(text.encode()).hexdigest()
    async with connection.transaction():
        cursor = await connection.execute("select sha256 from schema_migration where name = %s", [name])
        if row := await cursor.fetchone():
            if row["sha256"] != digest:
                raise Trouble(
                    Fault.BAD_INPUT,
                    f"migration {name!r} was changed after it was applied; restore the file and add a new one",
                )
            return False
        await connection.execute(cast(LiteralString, text))
        await connection.execute(
            "insert into schema_migration (name, sha256) values (%s, %s)", [name, digest]
        )
        return True


async def _become_owner(connection: psycopg.AsyncConnection[DictRow]) -> None:
    owner = sql.Identifier(OWNER)
    try:
        for role in (OWNER, APP):
            await _ensure_role(connection, role)
        cursor = await connection.execute(
            "select has_schema_privilege(%s, 'public', 'create') as may", [OWNER]
        )
        if not (await _only(cursor))["may"]:
            await connection.execute(sql.SQL("grant create, usage on schema public to {}").format(owner))
        await connection.execute(sql.SQL("set role {}").format(owner))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Trouble(
            Fault.BAD_INPUT,
            f"this database user may not prepare the roles; let an administrator run: {_ROLES} "
            f"grant create, usage on schema public to {OWNER};",
        ) from error


async def _ensure_role(connection: psycopg.AsyncConnection[DictRow], role: str) -> None:
    cursor = await connection.execute("select count(*) as found from pg_roles where rolname = %s", [role])
    if (await _only(cursor))["found"]:
        return
    try:
        await connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # another database of the same server is being migrated at this moment


async def _only(cursor: psycopg.AsyncCursor[DictRow]) -> DictRow:
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the statement answered no row")
    return row
