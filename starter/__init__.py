"""The command line: begins, watches and answers."""
