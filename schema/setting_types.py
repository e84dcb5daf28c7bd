"""Kinds of values that settings have, each with the bounds outside which no installation can mean it."""

import math
import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

_DAY_S = 86_400


def _seconds(value: Any) -> timedelta:
    """Read a length of time, written as seconds in the environment."""
    if isinstance(value, timedelta):
        return value
    try:
        seconds = float(value)
        if math.isfinite(seconds):
            return timedelta(seconds=seconds)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{value!r} is no number of seconds")


def _within(least_s: float, most_s: float) -> AfterValidator:
    """Refuse a length of time that no installation can mean."""

    def check(given: timedelta) -> timedelta:
        if not least_s <= given.total_seconds() <= most_s:
            raise ValueError(
                f"{given.total_seconds():.10g} is not between {least_s:g} and {most_s:.10g}, in seconds"
            )
        return given

    return AfterValidator(check)


def fits(pattern: str, like: str) -> AfterValidator:
    """Refuse a text that is not written like the example."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is not written like {like}")
        return text

    return AfterValidator(check)


Interval = Annotated[timedelta, BeforeValidator(_seconds), _within(0.01, 3_600)]
"""The pause before something is done again."""
Timeout = Annotated[timedelta, BeforeValidator(_seconds), _within(0.1, _DAY_S)]
"""After which something counts as failed or lost."""
LongestWait = Annotated[timedelta, BeforeValidator(_seconds), _within(0, 30 * _DAY_S)]
"""How long something is waited for; 0 is not at all."""
Review = Annotated[timedelta, BeforeValidator(_seconds), _within(1, 30 * _DAY_S)]
"""How long a person has."""
Address = Annotated[str, fits(r"https?://[^\s/]+(/\S*)?", "http://127.0.0.1:8790")]
