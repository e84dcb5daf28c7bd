"""Where a person is told something they did not ask for. Words of theirs come back through doors (`signals/`)."""
