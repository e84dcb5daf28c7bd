"""What every studio must keep."""
