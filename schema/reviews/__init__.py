"""What a reviewer is shown, what a reviewer decides, and what people are told."""
