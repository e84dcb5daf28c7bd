"""What a messenger can be asked."""

from typing import Protocol

from schema.reviews.message import Message


class MessageRefused(Exception):
    """The messenger's other side will never take this message, e.g. since its recipient is gone. Says why."""


class Messenger(Protocol):
    """A way to a person."""

    async def tell(self, message: Message) -> str:
        """Deliver a message; return what the other side calls it.

        It may be asked again for one that arrived: the message's id is the key, and it is shown once.
        Raises `OSError` where it cannot be delivered now, and is tried again; `MessageRefused` where it never can be.
        """
        ...
