"""The one way out of the house: every vendor, every model and every piece of media is reached through here."""
