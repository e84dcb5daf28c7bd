"""The editor, against the real ffmpeg and footage made on the spot."""
