"""The two real servers, each on its own."""

import psycopg

from tests.services import postgres_server, temporal_server


def test_postgres_starts_with_our_database_and_vectors() -> None:
    with postgres_server() as server, psycopg.connect(server.url()) as connection:
        connection.execute("create extension vector")
        assert connection.execute("select version()").fetchone()


def test_temporal_starts() -> None:
    with temporal_server(time_skipping=True) as server:
        print(server.address)
