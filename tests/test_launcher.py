"""The launcher `./reelwright`: with stand-ins for Python and uv, so that nothing is installed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = [
    "sh",
    "cat",
    "cmp",
    "dirname",
    "env",
    "head",
    "ln",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "sed",
    "sleep",
    "uname",
]

UV = """#!/bin/sh
printf '%s\\n' "$*" >>"{log}"
for last in "$@"; do :; done
case "$1 $2" in
    "venv --quiet") rm -rf "$last"; mkdir -p "$last/bin"; ln -s "{python}" "$last/bin/python" ;;
    "pip sync") sleep {seconds}; [ ! -e "{log}.fail" ] || {{ echo "no network" >&2; exit 2; }} ;;
    "pip install") cat >"${{5%/python}}/reelwright" <<'END'
#!/bin/sh
printf 'ran: %s\\n' "$@"
END
        chmod +x "${{5%/python}}/reelwright" ;;
esac
"""


@dataclass
class Checkout:
    """A checkout in a folder with a blank in its name, and a PATH of stand-ins."""

    root: Path
    path: Path
    log: Path
    home: str | None = "/nonexistent"
    processes: list[subprocess.Popen[str]] = field(default_factory=list[subprocess.Popen[str]])

    def start(self, *words: str, script: str | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
        env = {"PATH": str(self.path)} | ({} if self.home is None else {"HOME": self.home})
        process = subprocess.Popen(
            [script or self.root / "reelwright", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=env, start_new_session=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, *words: str, script: str | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
        """Exit code, output and errors."""
        process = self.start(*words, script=script, cwd=cwd)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def calls(self) -> list[str]:
        """The first two words of each call of uv since the last time."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [" ".join(line.split()[:2]) for line in lines]

    def stub(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o755)

    def slow_uv(self, seconds: float) -> None:
        self.stub("uv", UV.format(log=self.log, python=sys.executable, seconds=seconds))


INSTALL = ["venv --quiet", "pip sync", "pip install"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root, path = tmp_path / "a checkout", tmp_path / "bin"
    root.mkdir()
    path.mkdir()
    for name in ("reelwright", "requirements.lock", "pyproject.toml", ".uv-requirements.txt"):
        shutil.copy2(ROOT / name, root / name)
    for name in [*TOOLS, "chmod"]:
        found = shutil.which(name)
        assert found
        (path / name).symlink_to(found)
    (path / "python3").symlink_to(Path(sys.executable).resolve())
    made = Checkout(root, path, tmp_path / "log")
    made.slow_uv(0)
    return made


def test_the_first_run_sets_up_and_the_next_one_only_runs(checkout: Checkout) -> None:
    code, out, err = checkout.run("demo", "--topic", "two words")
    assert (code, out) == (0, "ran: demo\nran: --topic\nran: two words\n")
    assert err.startswith("reelwright: installing the packages of requirements.lock")
    assert checkout.calls() == INSTALL
    assert checkout.run("items") == (0, "ran: items\n", "")
    assert checkout.calls() == []


def test_it_runs_through_links_and_from_other_folders(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run()
    (tmp_path / "one").symlink_to("a checkout/reelwright")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    for script, cwd in [
        ("../two", checkout.root),
        (str(tmp_path / "one"), Path("/")),
        ("./reelwright", checkout.root),
    ]:
        assert checkout.run("items", script=script, cwd=cwd) == (0, "ran: items\n", "")
    assert checkout.calls() == INSTALL


@pytest.mark.parametrize("home", [None, "", "/nonexistent"])
def test_it_needs_no_home(checkout: Checkout, home: str | None) -> None:
    checkout.home = home
    assert checkout.run("items")[:2] == (0, "ran: items\n")


def test_a_changed_lock_is_installed_once(checkout: Checkout) -> None:
    checkout.run()
    checkout.calls()
    with (checkout.root / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    checkout.run()
    checkout.run()
    assert checkout.calls() == ["pip sync", "pip install"]


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run()
    checkout.calls()
    checkout.root = checkout.root.rename(tmp_path / "elsewhere")
    assert checkout.run("items")[:2] == (0, "ran: items\n")
    assert checkout.calls() == INSTALL


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.run()
    checkout.calls()
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/gone/python3.11")
    assert checkout.run("items")[:2] == (0, "ran: items\n")
    assert checkout.calls() == INSTALL


def test_a_failed_step_is_told_and_done_again_the_next_time(checkout: Checkout) -> None:
    failing = Path(f"{checkout.log}.fail")
    failing.touch()
    code, out, err = checkout.run("items")
    assert (code, out) == (69, "")
    assert err.splitlines()[1:] == [
        "no network",
        "reelwright: the set-up did not finish; the lines above say why, and running the command again goes on",
    ]
    failing.unlink()
    assert checkout.run("items")[:2] == (0, "ran: items\n")


def test_two_at_once_set_up_once(checkout: Checkout) -> None:
    checkout.slow_uv(3)
    both = [checkout.start("items") for _ in range(2)]
    ends = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [out for out, _ in ends] == ["ran: items\n"] * 2
    assert sum("waiting for another set-up to finish" in err for _, err in ends) == 1
    assert checkout.calls() == INSTALL


def test_a_killed_set_up_holds_nobody_up(checkout: Checkout) -> None:
    checkout.slow_uv(60)
    killed = checkout.start()
    while not checkout.log.exists() or "pip sync" not in checkout.log.read_text():
        assert killed.poll() is None
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    checkout.slow_uv(0)
    code, out, err = checkout.run("items")
    assert (code, out) == (0, "ran: items\n")
    assert "waiting" not in err


def told(checkout: Checkout) -> str:
    """The one line a failed start says."""
    code, out, err = checkout.run()
    assert (code, out) == (69, "")
    assert err.count("\n") == 1
    return err


def test_without_python_it_says_what_to_install(checkout: Checkout) -> None:
    (checkout.path / "python3").unlink()
    assert "Python 3.11 or newer is not on PATH; install it (Debian: apt install" in told(checkout)


def test_a_python_that_is_too_old_is_named(checkout: Checkout) -> None:
    (checkout.path / "python3").unlink()
    checkout.stub("python3", "#!/bin/sh\ncase $2 in *print*) echo 3.9 ;; *) exit 1 ;; esac\n")
    assert "Python 3.11 or newer is needed and PATH has only 3.9" in told(checkout)


def test_a_newer_python_beside_the_old_one_is_found(checkout: Checkout) -> None:
    (checkout.path / "python3").rename(checkout.path / "python3.12")
    checkout.stub("python3", "#!/bin/sh\nexit 1\n")
    assert checkout.run("items")[:2] == (0, "ran: items\n")


def test_without_uv_pip_and_venv_it_names_the_package_to_install(checkout: Checkout) -> None:
    (checkout.path / "python3").unlink()
    (checkout.path / "uv").unlink()
    real = Path(sys.executable).resolve()
    checkout.stub("python3", f'#!/bin/sh\ncase $* in *pip*|*venv*) exit 1 ;; esac\nexec "{real}" "$@"\n')
    code, out, err = checkout.run()
    assert (code, out) == (69, "")
    assert err.splitlines() == [
        "reelwright: fetching uv (once)",
        "reelwright: this Python has neither pip nor venv; install one (Debian: apt install python3-venv)",
    ]


def test_another_system_is_refused_in_one_line(checkout: Checkout) -> None:
    (checkout.path / "uname").unlink()
    checkout.stub("uname", "#!/bin/sh\necho MINGW64_NT\n")
    assert "this system is not supported; on Windows run it inside WSL" in told(checkout)
