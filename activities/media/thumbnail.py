"""One frame of a video as a JPEG."""

from datetime import timedelta

from activities.media import graph
from activities.media.footage import Footage


def thumbnail_args(name: str, footage: Footage, at: timedelta, to: str) -> list[str]:
    """Return the arguments that write the frame shown at `at`; beyond the end, the one in the middle."""
    seconds = at.total_seconds()
    if not 0 <= seconds < footage.duration_s:
        seconds = footage.duration_s / 2
    opened = graph.open_source(graph.Source(name, footage.container), start_s=seconds)
    still = graph.as_still(graph.picture_of(opened))
    options = ("-frames:v", "1", "-update", "1", "-c:v", "mjpeg", "-q:v", "3", "-map_metadata", "-1")
    return graph.write(
        [still], (*options, "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "image2"), to
    )
