"""Studios: they make clips."""
