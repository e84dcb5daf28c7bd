"""The worker's log of items: one line for each thing an operator looks for, with the item's id."""

import time
from typing import Any

import structlog
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

_SAID = {
    "open_item": "begun",
    "reserve_round": "its round has its money",
    "compose_cut": "composed",
    "open_review": "waits for a decision",
    "record_decision": "a word was taken to its review",
    "publish_video": "a post was tried",
    "close_item": "ended",
}
"""What a finished activity means for its item; all others are in Temporal's UI."""
_TOLD = ("state", "reason", "line", "platform")
"""Fields of an answer that say how it went."""


class Milestones(Interceptor):
    """Writes a line about each milestone of an item."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _Logged(next)


class _Logged(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        began = time.monotonic()
        answer = await self.next.execute_activity(input)
        info = activity.info()
        if said := _SAID.get(info.activity_type):
            told = {name: str(found) for name in _TOLD if (found := getattr(answer, name, None))}
            item = (info.workflow_id or "").removeprefix("content/")
            structlog.get_logger().info(f"{item}: {said}", seconds=round(time.monotonic() - began, 1), **told)
        return answer
