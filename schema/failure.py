"""Why an item, or one step of it, did not go on.

```
Fault
├── bad_input            what a person gave cannot be used        mended by the person; repeating is no help
│   ├── bad_footage      a clip is no video, cut short or hostile
│   └── bad_format       the format cannot be made yet
├── refused_by_cap       a budget has no room                     mended by raising the cap
├── headroom_reserved    a budget is full of open reservations    passes by itself; repeating helps
├── vendor_refused       the vendor said no before doing anything mended by the person; nothing was charged
├── vendor_failed        the vendor took the job and failed       nothing usable came back
├── vendor_down          the vendor cannot be reached             passes by itself; repeating helps
├── not_ready            a job is still being worked on           passes by itself; repeating helps
├── bad_media            what came back is no usable media        fetched again, then fails the item
├── parked               the outcome is not known                 mended by a person, never by repeating
├── not_approved         no valid approval for these exact bytes  mended by a new review
├── paused               the stop switch is on                    passes when it is turned off; repeating helps
├── stopped              a person stopped the item
├── disk_full            nothing can be stored                    passes when there is room; repeating helps
├── unresolved           an outcome is being found out            passes by itself; repeating helps
├── bug                  a mistake of ours                        mended by a developer; repeating is no help
└── finished             the item has already ended               nothing to do
```
"""

from datetime import timedelta
from enum import StrEnum


class Fault(StrEnum):
    """The wire names of faults: they live in running workflows, so changing one is a migration."""

    BAD_INPUT = "bad_input"
    BAD_FOOTAGE = "bad_footage"
    BAD_FORMAT = "bad_format"
    REFUSED_BY_CAP = "refused_by_cap"
    HEADROOM_RESERVED = "headroom_reserved"
    VENDOR_REFUSED = "vendor_refused"
    VENDOR_FAILED = "vendor_failed"
    VENDOR_DOWN = "vendor_down"
    NOT_READY = "not_ready"
    BAD_MEDIA = "bad_media"
    PARKED = "parked"
    NOT_APPROVED = "not_approved"
    PAUSED = "paused"
    STOPPED = "stopped"
    DISK_FULL = "disk_full"
    UNRESOLVED = "unresolved"
    BUG = "bug"
    FINISHED = "finished"


_PASSING = frozenset(
    {
        "builtins.OSError",
        "builtins.MemoryError",
        "builtins.EOFError",
        "builtins.UnicodeDecodeError",
        "httpx.HTTPError",
        "json.JSONDecodeError",
        "psycopg.OperationalError",
        "psycopg.InterfaceError",
        "psycopg.InternalError",
    }
)
"""Errors of the surroundings: a server, the network, a disk, a vendor's garbled answer.

By package and class, so that nothing has to be imported to know them.
"""
_RACE = "psycopg.IntegrityError"


def can_pass(error: BaseException) -> bool:
    """Return whether a retry may help: an error of the surroundings. Any other is a bug of ours."""
    return bool(_kinds(error) & _PASSING)


def is_race(error: BaseException) -> bool:
    """Return whether two writers may have met in one row of the database, so that repeating once or twice helps."""
    return _RACE in _kinds(error)


def _kinds(error: BaseException) -> set[str]:
    return {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__}


class Trouble(Exception):
    """A fault with the one line a person reads: it names the thing and the remedy."""

    def __init__(self, fault: Fault, line: str, *, after: timedelta | None = None) -> None:
        super().__init__(line)
        self.fault = fault
        self.after = after
        """How long to wait before it is tried again, where the vendor said so."""


class NoEffect(Exception):
    """Proof that a call had no effect (reliability.md 1.5). Any other exception leaves the outcome unknown."""

    def __init__(
        self, proof: str, *, repeatable: bool, after: timedelta | None = None, our_account: bool = False
    ) -> None:
        super().__init__(proof)
        self.repeatable = repeatable
        """True where the same call may succeed later (vendor down), False where it was refused for good."""
        self.after = after
        """How long the vendor asked us to wait; None where it did not."""
        self.our_account = our_account
        """True where the vendor takes nothing from us at all before a person has mended our key or our credit."""
