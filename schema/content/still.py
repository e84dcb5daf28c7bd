"""A still image on its way from words to a file."""

from schema.payload import Payload


class StillOrder(Payload):
    """One image as it is asked of a studio, once."""

    operation_id: str
    """Our marker: sent along, so that the vendor's own listing can be searched for it."""
    model: str
    prompt: str
    width_px: int
    height_px: int
    seed: int
    look: str = ""
    """What the images of one item share, so that they belong together."""
