"""What goes wrong outside our hands, told in one line: what it was, and what to do."""

import errno
import sqlite3

from psycopg import Error as DatabaseError
from psycopg.errors import DiskFull
from psycopg_pool import PoolTimeout
from pydantic import ValidationError
from temporalio.service import RPCError, RPCStatusCode

from schema.failure import Fault, Trouble
from schema.payload import first_problem

_MENDED_BY_THE_PERSON = (Fault.BAD_INPUT, Fault.BAD_FORMAT, Fault.BAD_FOOTAGE)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def usage_fault(error: Trouble) -> bool:
    """Say whether what a person gave cannot be used, rather than that something is broken."""
    return error.fault in _MENDED_BY_THE_PERSON


def in_one_line(error: BaseException) -> str | None:
    """Return what to tell a person; None for an unexpected error."""
    match error:
        case Trouble():
            said = str(error)
        case DiskFull():
            said = "there is no room left on the database's disk; nothing of this was stored: make some and try again"
        case DatabaseError() | PoolTimeout():
            said = f"PostgreSQL went away ({error}); nothing of this was stored: try again, `reelwright logs` says why"
        case RPCError(status=RPCStatusCode.INVALID_ARGUMENT):
            said = f"Temporal refused it: {error.message}"
        case RPCError():
            said = f"Temporal did not answer ({error.message}); try again, `reelwright logs` says why"
        case RuntimeError() if "Failed client connect" in str(error):
            said = "Temporal does not answer; try again in a few seconds, `reelwright logs` says why"
        case sqlite3.Error():
            said = f"the Temporal store cannot be read or copied ({error}); is there room on the disk, and is it whole?"
        case OSError(errno=number) if number in _FULL:
            said = f"there is no room left for {error.filename or 'what is to be written'}; make some and try again"
        case OSError(strerror=str(why)):
            said = f"{why}: {error.filename!r}" if error.filename else why
        case ValidationError():
            said = first_problem(error)
        case _:
            return None
    return " ".join(said.split())
