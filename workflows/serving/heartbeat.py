"""Heartbeats of running activities: a dead worker is noticed within seconds, not at the timeout."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class Pulse(Interceptor):
    """Heartbeats for each activity that was called with a heartbeat timeout.

    For the control queue only: a composition reports its own progress, so that a hung one is noticed, too.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        silence = activity.info().heartbeat_timeout
        if silence is None:
            return await self.next.execute_activity(input)
        every_s = silence.total_seconds() / 3
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None

        def beat() -> None:
            nonlocal timer
            activity.heartbeat()
            timer = loop.call_later(every_s, beat)

        timer = loop.call_later(every_s, beat)
        try:
            return await self.next.execute_activity(input)
        finally:
            timer.cancel()
