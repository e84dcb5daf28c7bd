"""Task queues: render work has its own, so that a fleet can scale it alone."""

CONTROL = "reelwright-control"
"""Workflows, and activities that wait for the network or the database."""

MEDIA = "reelwright-media"
"""Activities that keep a processor busy: ffmpeg."""
