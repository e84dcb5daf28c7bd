"""What a messenger can be asked."""

from typing import Protocol

from schema.reviews.alert import Alert


class Messenger(Protocol):
    """A way to a person."""

    async def tell(self, alert: Alert) -> None:
        """Deliver an alert. It may be asked again for one that arrived: its id is the key, and it is shown once.

        Raises `OSError` where it could not be delivered now; it is then tried again.
        """
        ...
