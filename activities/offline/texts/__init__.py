"""How the offline writer composes ideas and prompts from curated crafts."""
