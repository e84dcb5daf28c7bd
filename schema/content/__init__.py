"""What an item is made of: idea, scenes, stills, posts."""
