"""Paints the clips of the offline studio: layers made once with numpy and Pillow, filmed by ffmpeg."""
