"""Why a process ended is said by the line that tells it, not by whatever it wrote last."""

from pathlib import Path

from starter.stack.log_files import reason

EARLIER = "2026-11-27 09:00:00 UTC [7] FATAL:  lock file is of an earlier life\n"
FULL = """2026-11-27 10:00:00 UTC [9] LOG:  starting PostgreSQL 18.4
2026-11-27 10:00:00 UTC [9] FATAL:  could not write lock file "postmaster.pid": No space left on device
2026-11-27 10:00:00 UTC [9] LOG:  database system is shut down
"""


def test_a_full_disk_is_told_by_postgresqls_own_fatal_line_of_this_life(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text(EARLIER + FULL)
    assert reason(log, len(EARLIER)).endswith("No space left on device")


def test_a_process_without_such_a_line_is_told_by_its_last_one(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(EARLIER + "starting\nthe key was refused\n\n")
    assert reason(log, len(EARLIER)) == "the key was refused"
    assert reason(log, len(log.read_text())) == ""
    assert reason(tmp_path / "none.log", 0) == ""
