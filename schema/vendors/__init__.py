"""What vendors tell us: callbacks, bills, and whether our keys work."""
