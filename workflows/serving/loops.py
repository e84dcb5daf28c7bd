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

ROUNDS_CLAIMED = 3
"""For so many rounds a claimed message is its worker's alone."""
ROUNDS_BETWEEN_SWEEPS = 6


def loops(
    database: Database, client: Client, messenger: Messenger, every: timedelta, points: CrashPoints
) -> list[Loop]:
    """Return the loops, each of which has one leader over all workers."""
    lease, rarely = every * ROUNDS_CLAIMED, every * ROUNDS_BETWEEN_SWEEPS
    return [
        Loop("the relay of decisions", every, lambda: DecisionRelay(database, client, every).round),
        Loop("the sweep of lost items", rarely, lambda: Sweep(database, client, rarely).round),
        Loop("the delivery of messages", every, lambda: Delivery(database, messenger, lease, points).round),
    ]
