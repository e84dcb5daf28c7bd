"""What came back: status, headers, and a body that was read up to a limit."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from activities.outbound.cleaning import cleaned
from activities.outbound.errors import Unexpected

_LONGEST_WAIT_S = 300.0
_DEEPEST = 5
"""How far into an envelope a vendor's words and codes are looked for."""


@dataclass(frozen=True)
class Answer:
    """One answer to one request."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    secrets: Sequence[str] = ()
    """What must not be repeated in a message, whatever the vendor echoes."""

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    def document(self) -> dict[str, Any]:
        """Return the body as a JSON object. Raises `Unexpected` for anything else, an HTML page for instance."""
        found = self._parsed()
        if not isinstance(found, dict):
            raise Unexpected(f"HTTP {self.status} with a body that is no JSON object", self.status)
        return cast("dict[str, Any]", found)

    def is_document(self) -> bool:
        """True where the body is a JSON object: a vendor's own answer rather than that of something between us."""
        return isinstance(self._parsed(), dict)

    def _parsed(self) -> Any:
        """Return the body as JSON; None for what is none, or is nested too deeply to be read."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def text(self, field: str) -> str:
        """Return a field that must be there as text. Raises `Unexpected` where it is not."""
        value = self.document().get(field)
        if not isinstance(value, str) or not value:
            raise Unexpected(f"HTTP {self.status} without {field!r}", self.status)
        return value

    def rows(self, field: str) -> list[dict[str, Any]]:
        """Return a list of objects. Raises `Unexpected` where there is none: a missing list is not an empty one."""
        found = self.document().get(field)
        rows = cast("list[Any]", found) if isinstance(found, list) else [None]
        if not all(isinstance(row, dict) for row in rows):
            raise Unexpected(f"HTTP {self.status} without a list of {field!r}", self.status)
        return cast("list[dict[str, Any]]", rows)

    def fail(self) -> Unexpected:
        """Return the error for an answer that was not the documented one."""
        return Unexpected(f"HTTP {self.status}: {self.words()}", self.status)

    def words(self) -> str:
        """Return what the vendor says went wrong, cut and cleaned, in one line."""
        parsed = self._parsed()
        said = f"{len(self.body)} bytes that are no JSON" if parsed is None else _said(parsed)
        return self.clean(said) or "no reason given"

    def in_short(self) -> str:
        """Return what was answered in one line for a person: a vendor's own words, or how the body begins."""
        start = self.body[:400].decode("utf-8", "replace").strip()
        if not start:
            return "nothing"
        if start.startswith("<"):
            return "a web page"
        said = _said(self._parsed())
        return self.clean(said) if said else repr(self.clean(start)[:120])

    def clean(self, text: str) -> str:
        """Return a text that came with this answer as one short line, without our own key: see `cleaned`."""
        return cleaned(text, self.secrets)

    def codes(self) -> frozenset[str]:
        """Return the names a vendor gives to what went wrong, wherever its envelope holds them."""
        return frozenset(_codes(self.document())) if self.is_document() else frozenset()

    def retry_after(self, usual: timedelta) -> timedelta:
        """Return how long the vendor asks us to wait, from 1 s to 5 min; `usual` by default."""
        try:
            seconds = float(self.headers.get("retry-after", ""))
        except ValueError:
            return usual
        if seconds != seconds:  # not a number, and said so
            return usual
        return timedelta(seconds=min(max(seconds, 1.0), _LONGEST_WAIT_S))


def _codes(fields: dict[str, Any], depth: int = 0) -> Iterator[str]:
    for name, value in fields.items():
        if name in ("type", "code", "error_code", "error_type") and isinstance(value, str):
            yield value
        elif name in ("error", "details") and isinstance(value, dict) and depth < _DEEPEST:
            yield from _codes(cast("dict[str, Any]", value), depth + 1)


def _said(body: Any, depth: int = 0) -> str:
    """Find the sentence for people in the envelopes vendors use."""
    if depth > _DEEPEST:
        return ""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        parts = (_said(part, depth + 1) for part in cast("list[Any]", body)[:3])
        return "; ".join(part for part in parts if part)
    if not isinstance(body, dict):
        return ""
    fields = cast("dict[str, Any]", body)
    for name in ("detail", "error", "message", "msg", "title"):
        if said := _said(fields.get(name), depth + 1):
            return said
    return ""
