"""Writers: they make ideas and prompts."""
