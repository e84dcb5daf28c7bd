"""What is bought: operations, quotes, and which models in which order."""
