"""What commands answer to machines: one JSON object on standard output, in one shape everywhere.

`home` says whose stack it is, rows stand under their plural noun. Amounts are dollars, named `*_usd`, with their
`book` beside them; times are ISO 8601 in UTC; lengths of time are seconds, named `*_seconds`.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schema.money import usd


def print_json(home: Path, **answer: Any) -> None:
    """Print the one JSON object of a command. Records, times and amounts are told as `plain` tells them."""
    sys.stdout.write(json.dumps({"home": str(home), **plain(answer)}, indent=2) + "\n")


def plain(value: Any) -> Any:
    """Return a value as JSON has it: records as objects, micro-dollars as dollars, times in UTC."""
    match value:
        case BaseModel():
            return _object({name: getattr(value, name) for name in type(value).model_fields})
        case Mapping():
            return _object(value)  # pyright: ignore[reportUnknownArgumentType]
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return float(value)
        case Path():
            return str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _object({field.name: getattr(value, field.name) for field in fields(value)})
        case _:
            return value


def _object(found: Mapping[Any, Any]) -> dict[str, Any]:
    return dict(_field(str(name), value) for name, value in found.items())


def _field(name: str, value: Any) -> tuple[str, Any]:
    """Return a field as JSON has it, under the name that says its unit."""
    if name.endswith("_microusd"):
        amount = None if value is None else float(usd(value))
        return f"{name.removesuffix('_microusd')}_usd", amount
    if isinstance(value, timedelta) and not name.endswith("_seconds"):
        return f"{name}_seconds", value.total_seconds()
    return name, plain(value)
