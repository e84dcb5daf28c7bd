"""What stands for an activity behind our interceptors."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

NO_INPUT = ExecuteActivityInput(fn=print, args=(), executor=None, headers={})


class Doing(ActivityInboundInterceptor):
    """An activity that does this, whatever it is given."""

    def __init__(self, done: Callable[[], Awaitable[Any]]) -> None:
        super().__init__(self)
        self._done = done

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        return await self._done()
