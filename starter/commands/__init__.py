"""The declarations of the command line; bodies import what they need when they run."""
