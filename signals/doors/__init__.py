"""The doors: each takes in what people or vendors say, stores it, and only then answers."""
