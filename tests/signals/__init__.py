"""The doors and the words that come through them."""
