"""The store: PostgreSQL, its migrations and its queries."""
