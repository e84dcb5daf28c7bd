"""Work for Temporal: connecting, serving, and the loops with one leader. No story imports this room."""
