"""Activities that fail, or whose answers are lost, a stated number of times: for workflow tests."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from temporalio import activity

from workflows.serving.workers import Verbs

_DEFINITION = "__temporal_activity_definition"


class FailingActivities:
    """What is to go wrong, by the name of the activity."""

    def __init__(self) -> None:
        self._before: dict[str, list[Exception]] = {}
        self._after: dict[str, list[Exception]] = {}

    def fail(self, name: str, error: Exception, times: int) -> None:
        """Raise this instead of doing it, so many times."""
        self._before[name] = [error] * times

    def lose_answers(self, name: str, times: int) -> None:
        """Do it, and then lose the answer, so many times: Temporal does it again."""
        self._after[name] = [ConnectionResetError("the answer was lost")] * times

    def break_after(self, name: str, error: Exception, times: int) -> None:
        """Do it, and then raise this, so many times."""
        self._after[name] = [error] * times

    def left(self, name: str) -> int:
        """Return how many failures of an activity are still to come."""
        return len(self._before.get(name, ()))

    def around(self, verbs: Verbs) -> Verbs:
        """Return the same activities, with failing."""
        return replace(verbs, control=[self._wrapped(verb) for verb in verbs.control])

    def _wrapped(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        name: str = getattr(verb, _DEFINITION).name

        @functools.wraps(verb)
        async def doing(request: Any) -> Any:
            _raise_next(self._before, name)
            answer = await verb(request)
            _raise_next(self._after, name)
            return answer

        del doing.__dict__[_DEFINITION]
        return activity.defn(name=name)(doing)


def _raise_next(planned: dict[str, list[Exception]], name: str) -> None:
    if planned.get(name):
        raise planned[name].pop()
