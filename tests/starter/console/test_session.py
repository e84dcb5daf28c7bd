"""A command's connection to Temporal keeps standard output for the command's result."""

import subprocess
import sys

CALL_INTO_THE_DARK = """
import asyncio, os
from temporalio.client import Client
from starter.console.session import quiet_runtime
from tests.services import temporal_server

async def main():
    with temporal_server() as server:
        client = await Client.connect(server.address, runtime=quiet_runtime())
    try:
        async with asyncio.timeout(4):
            await client.get_workflow_handle("content/x").signal("decided")
    except TimeoutError:
        print("nobody answers", flush=True)
        os._exit(0)  # as the command line does

asyncio.run(main())
"""


def test_a_server_that_went_away_is_not_complained_about_on_standard_output() -> None:
    command = [sys.executable, "-c", CALL_INTO_THE_DARK]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout == "nobody answers\n"
