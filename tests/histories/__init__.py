"""Recorded histories, one per ending. They are replayed on every run; a change that breaks a running item fails here.

A file is never rewritten to make a test pass: a story that must change says so with `workflow.patched`, and a new
ending gets a new file, recorded by `python -m tests.histories.record NAME`.
"""
