"""Tests of the studios."""
