"""How activities run: heartbeats, faults as Temporal sees them, logs."""
