"""What an item buys: words and scenes, from whom, at what price, and what it has from before."""
