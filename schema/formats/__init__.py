"""Format files, one YAML file for each kind of video, and the instructions for writers."""
