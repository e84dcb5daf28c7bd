"""Platforms: they show videos."""
