"""Media: ffmpeg, probing, loudness. No Temporal in it."""
