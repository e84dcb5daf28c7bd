"""What one worker at a time does beside its activities."""

from datetime import timedelta

from temporalio.client import Client

from activities.ledger.crash_points import CrashPoints
from activities.messengers.delivery import Delivery
from activities.messengers.port import Messenger
from activities.store.database import Database
from workflows.serving.leader import Loop
from workflows.serving.relay import DecisionRelay
from workflows.serving.sweep import Sweep

TICKS_CLAIMED = 3
"""For so many ticks a claimed message is its worker's alone."""
TICKS_BETWEEN_SWEEPS = 6


def loops(
    database: Database, client: Client, messenger: Messenger, every: timedelta, points: CrashPoints
) -> list[Loop]:
    """Return the loops, each of which has one leader over all workers."""
    lease, rarely = every * TICKS_CLAIMED, every * TICKS_BETWEEN_SWEEPS
    return [
        Loop("the relay of decisions", every, lambda: DecisionRelay(database, client, every).tick),
        Loop("the sweep of lost items", rarely, lambda: Sweep(database, client, rarely).tick),
        Loop("the delivery of messages", every, lambda: Delivery(database, messenger, lease, points).tick),
    ]
