"""The verbs that touch the world, one file per verb, and the rooms they use."""
