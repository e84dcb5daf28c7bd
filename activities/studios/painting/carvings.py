"""What a chisel cuts: rosettes, scrolls, knots."""

from numpy.random import Generator

from activities.studios.painting.brief import Brief
from activities.studios.painting.growth import Stroke
from activities.studios.painting.motifs import placed


def carved_motif(brief: Brief, dice: Generator, scale: float) -> list[Stroke]:
    """Return what a chisel cuts: a rosette, a scroll or a band of waves."""
    near = brief.framing == "detail"  # then a knot would lie outside the picture
    makers = (_rosette, _scroll, _rosette, _scroll if near else _knot)
    return placed(makers[int(brief.room("carved").integers(len(makers)))](dice), scale)
