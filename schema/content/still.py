"""A still image on its way from words to a file."""

from pydantic import Field

from schema.payload import Payload


class StillOrder(Payload):
    """One image as it is asked of a studio, once."""

    operation_id: str
    """Our marker: sent along, so that the vendor's own listing can be searched for it."""
    model: str
    prompt: str = Field(min_length=1)
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    seed: int
    look: str = ""
    """What the images of one item share, so that they belong together."""
