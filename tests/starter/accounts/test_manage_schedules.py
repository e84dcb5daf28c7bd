"""What is asked of Temporal about schedules, where it does not answer as usual."""

from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from schema.failure import Trouble
from schema.settings import load_settings
from starter.accounts.manage_schedules import existing
from starter.console.session import Session


class Answering:
    """A client of Temporal whose every answer is one error."""

    def __init__(self, status: RPCStatusCode) -> None:
        self._status = status

    def get_schedule_handle(self, _: str) -> "Answering":
        return self

    async def describe(self) -> None:
        raise RPCError("said so", self._status, b"")


async def described(status: RPCStatusCode) -> None:
    nowhere: Any = None
    client: Any = Answering(status)
    await existing(Session(load_settings(), nowhere, nowhere, client), "crafts")


async def test_a_schedule_that_is_not_found_is_told_with_the_command_that_adds_one() -> None:
    with pytest.raises(Trouble, match="'crafts' has no schedule; `reelwright schedule add --account crafts"):
        await described(RPCStatusCode.NOT_FOUND)


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.PERMISSION_DENIED])
async def test_an_error_of_temporal_is_not_taken_for_no_schedule(status: RPCStatusCode) -> None:
    with pytest.raises(RPCError):
        await described(status)
