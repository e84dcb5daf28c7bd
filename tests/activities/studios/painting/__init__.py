"""Tests of the painting."""
