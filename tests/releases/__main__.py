"""`python -m tests.releases`: writes down the release that `pyproject.toml` names."""

import asyncio
import sys
import tomllib
from pathlib import Path

from activities.store.migrate import migrate
from schema.failure import Trouble
from tests.histories.record import FOLDER
from tests.releases.release import cut
from tests.services import postgres_server

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Cut the release; its folder is then committed."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    with postgres_server() as server:
        asyncio.run(migrate(server.url()))
        try:
            release = cut(version, changelog, FOLDER, server.url())
        except Trouble as trouble:
            sys.exit(str(trouble))
    sys.stdout.write(f"{release.folder.relative_to(ROOT)}: commit it with the tag v{version}\n")


if __name__ == "__main__":
    main()
