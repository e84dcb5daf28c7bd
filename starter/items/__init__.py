"""Commands about items: make, watch, show, decide, take up again."""
