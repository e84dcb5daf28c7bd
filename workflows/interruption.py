"""An item's stop switch: who stopped it, and waiting for an activity unless it is stopped."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from schema.items.item import ItemState
    from schema.text import one_line
    from workflows.endings import Ended, RoundFailed

Answer = TypeVar("Answer")
_LONGEST_NAME = 120


class Interruption:
    """Off until a person stops the item, then on for good; it also holds why a round failed."""

    def __init__(self) -> None:
        self.round_error: Exception | None = None
        """Why a scene of this round ended for good without a clip; the first such error counts."""
        self._stopped_by = ""

    @property
    def is_on(self) -> bool:
        """True once a person has stopped the item."""
        return bool(self._stopped_by)

    def hear(self, words: tuple[Any, ...]) -> None:
        """Take a stop; a text or an object's `actor` says who."""
        said: Any = words[0] if words else ""
        if isinstance(said, dict):
            said = cast("dict[str, Any]", said).get("actor")
        person = one_line(said)[:_LONGEST_NAME] if isinstance(said, str) else ""
        self._stopped_by = person or "temporal-cli"

    def raise_if_on(self) -> None:
        """Raise `Ended` if a person has stopped the item."""
        if self._stopped_by:
            raise Ended(ItemState.STOPPED, f"stopped by {self._stopped_by}", actor=self._stopped_by)

    def fail_round(self, error: Exception) -> None:
        """Note that the round has failed: what is not ordered yet is not wanted any more."""
        self.round_error = self.round_error or error

    def raise_if_round_failed(self) -> None:
        """Raise what the round failed by."""
        if self.round_error is not None:
            raise self.round_error

    async def done_or_on(self, handle: workflow.ActivityHandle[Any]) -> None:
        """Wait until an activity has ended or the item was stopped."""
        await workflow.wait_condition(lambda: handle.done() or self.is_on)

    async def answer_or_stop(
        self, handle: workflow.ActivityHandle[Answer], grace: timedelta | None = None
    ) -> Answer:
        """Return what an activity answers, unless a person stops the item first: then raise `Ended`.

        A stop cancels the activity: Temporal begins no further attempt. An attempt that runs is waited for, and what
        it answers counts. `grace` is how long after a stop further attempts may still begin.
        """
        await self.done_or_on(handle)
        if grace is not None and not handle.done():
            await wait_at_most(grace, handle.done, "after a stop")
        return await self._without_retries(handle)

    async def answer_or_failed_round(self, handle: workflow.ActivityHandle[Answer]) -> Answer:
        """Return what an activity answers, as `answer_or_stop` does; a failed round is like a stop."""
        await workflow.wait_condition(lambda: handle.done() or self.is_on or self.round_error is not None)
        return await self._without_retries(handle)

    async def _without_retries(self, handle: workflow.ActivityHandle[Answer]) -> Answer:
        if not handle.done():
            handle.cancel()
        try:
            return await handle
        except ActivityError as error:
            if is_cancelled_exception(error) or error.retry_state is RetryState.CANCEL_REQUESTED:
                self.raise_if_on()
                if self.round_error is not None:
                    raise RoundFailed(
                        ItemState.FAILED, "another scene of the round could not be made"
                    ) from error
            raise


async def wait_at_most(length: timedelta, condition: Callable[[], bool], summary: str) -> None:
    """Wait for a condition, at most this long; `summary` names the timer in the Temporal UI."""
    try:
        await workflow.wait_condition(condition, timeout=length, timeout_summary=summary)
    except TimeoutError:
        return
