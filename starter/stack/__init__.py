"""The embedded stack: a home folder, PostgreSQL, Temporal, and the supervisor that keeps them running."""
