"""What the ledger can be asked: the one way to anything that costs money or becomes public."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from schema.failure import Fault, Trouble
from schema.payload import Payload
from schema.purchases.operation import Limits, Operation, Order, Refusal

NEVER_SENT = "never sent"
"""How the reason of a release begins where no vendor was asked."""


class Approval(Payload):
    """What a post stands on: it is checked in the transaction that claims the send."""

    review_id: str
    content_sha256: str


class Outcome(Payload):
    """What a send brought back."""

    handle: str
    """The vendor's own name for what it accepted."""
    uri: str | None = None
    """Where a post can be seen."""
    charged_microusd: int | None = None
    """Set where the charge is known at once: then the operation is settled in the same step."""
    wasted: str = ""
    """Why what was charged for is of no use; empty where it is."""


class Sighting(Payload):
    """What the other side says about an operation whose answer was lost."""

    seen: bool
    outcome: Outcome | None = None
    """Set where exactly one effect was found; `seen` without it means: more than one, or not clear."""
    authoritative: bool = False
    """True where not being seen proves that nothing happened, once the visibility delay has passed."""
    visible_within: timedelta = timedelta()
    """How long this vendor's listing may lag, where that is longer than the usual delay; it is looked at until then."""

    may_continue: bool = False
    """True where the prepared handle can still bring forth the post, and committing it again cannot make a second."""


class RequestChanged(ValueError):
    """The slot is bound to another request: a mistake of ours, which repeating does not mend."""


class NotResolvedYet(Exception):
    """The outcome is being found out; ask again after `seconds`."""

    def __init__(self, line: str, seconds: float) -> None:
        super().__init__(line)
        self.seconds = seconds


class Effect(Protocol):
    """One call that cannot be taken back, and the way to find out whether it happened."""

    async def send(self, operation: Operation) -> Outcome:
        """Make the call, once, without retries. Raises `NoEffect` only on proof."""
        ...

    async def find(self, operation: Operation) -> Sighting:
        """Ask the other side, by the operation's id. A read: may be repeated."""
        ...

    async def find_forgotten(self, operation: Operation) -> Sighting:
        """Ask, after a restored backup, for this attempt and for later ones that the ledger no longer knows.

        Whatever was made elsewhere in its stead is `seen` without an outcome.
        """
        ...


class PostEffect(Effect, Protocol):
    """One post: whatever `send` makes public comes from a handle that is stored before `send` can begin."""

    async def prepare(self, operation: Operation) -> str:
        """Make the handle and return it. No post can exist from it, so it may be repeated, whatever it raised."""
        ...


def budget_refusal(refusal: Refusal) -> Trouble:
    """Return what a refusal by a budget means: wait for room while only open reservations stand in the way."""
    fault = Fault.HEADROOM_RESERVED if refusal.passes else Fault.REFUSED_BY_CAP
    return Trouble(fault, refusal.in_words())


class Ledger(Protocol):
    """Effects and money, in one protocol: reserve, send, record, settle or release."""

    async def reserve(self, orders: Sequence[Order], limits: Limits | None) -> list[Operation] | Refusal:
        """Reserve all orders of one item in one transaction, or none.

        A slot that already has a live attempt is returned as it is: repeating changes nothing. Only where that was
        never sent and another vendor or model is asked for now, it is given back and reserved anew. `limits` is None
        for posts, which cost nothing. Raises `Trouble` (`finished`) for an item that has ended, and (`paused`)
        while the stop switch is on; and `NotResolvedYet` while another worker reserves the same.
        """
        ...

    async def carry_out(
        self,
        operation: Operation,
        request_sha256: str,
        effect: Effect,
    ) -> Operation:
        """Send a reserved purchase, or find out what became of one that was sent; return it as it then stands.

        Only who moves the row from `reserved` to `sending` sends, and only once. Raises `NoEffect` after the
        operation was released on its proof, `NotResolvedYet` while an outcome is being found out, `Trouble` (`parked`)
        where a person must look, and `RequestChanged` where the slot is bound to another one.
        """
        ...

    async def publish(
        self, operation: Operation, request_sha256: str, effect: PostEffect, approval: Approval
    ) -> Operation:
        """Prepare a reserved post, store its handle, and send it; or find out what became of one that was sent.

        Only who moves the row from `prepared` to `sending` sends: the transaction that does so checks approval, hash,
        place and hold. Afterwards the post is looked up, and continued on the same handle where the platform says that
        this cannot make a second one. Raises what `carry_out` does, and `Trouble` (`not_approved`, `finished`) where
        nothing may be posted, and (`paused`) while the item has a hold.
        """
        ...

    async def settle(self, operation_id: str, charged_microusd: int, wasted: str = "") -> Operation:
        """Write down what was really charged, and why in vain where it was. Repeating changes nothing."""
        ...

    async def mark_wasted(self, operation_id: str, why: str) -> None:
        """Say why what was settled turned out to be of no use. No amount changes; repeating changes nothing."""
        ...

    async def release(self, operation_id: str, proof: str) -> Operation:
        """Give the reservation back, on proof that nothing was charged. Repeating changes nothing."""
        ...

    async def release_if_unsent(self, operation_id: str, proof: str) -> Operation:
        """Give back a reservation that no worker has begun to send; any other stays. Return how it stands."""
        ...

    async def release_unsent(self, item_id: str) -> int:
        """Give back what an item reserved and never began to send; return how many operations that were."""
        ...

    async def of_item(self, item_id: str) -> list[Operation]:
        """Return all operations of an item, oldest first."""
        ...

    async def note_post(self, operation: Operation, approval: Approval) -> None:
        """Write down where a post is to be seen. Comes after success is stored, and may be repeated."""
        ...
