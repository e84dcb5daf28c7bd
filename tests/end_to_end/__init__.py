"""The product as a whole, through its command line."""
