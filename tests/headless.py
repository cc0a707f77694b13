"""The demo played without a page, in a process of its own: what it said, and what each step was called."""

import random
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_OURS = {".git", ".venv", ".careloop", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
TOO_LONG_S = 400


@dataclass(frozen=True)
class Played:
    """One run. `failed` is the step that did not hold and what was not there, in the story's words; empty when all did."""

    exit_code: int
    output: str

    @property
    def failed(self) -> str:
        found = re.search(r"^demo: step \d+ failed: (.*)$", self.output, re.MULTILINE)
        return found[1] if found else ""

    @property
    def checks(self) -> int:
        return len(re.findall(r"^ +✓ ", self.output, re.MULTILINE))

    @property
    def steps(self) -> list[str]:
        """The titles of the steps that were begun."""
        return re.findall(r"^ ?\d+\. (.*)$", self.output, re.MULTILINE)


def play(checkout: Path, state: Path) -> Played:
    """Run `app.py demo --headless` of a checkout with this interpreter, on free ports and a state folder of its own."""
    command = [sys.executable, "app.py", "demo", "--headless", "--state", str(state), "--port", str(free_pair())]
    done = subprocess.run(
        command, cwd=checkout, capture_output=True, text=True, encoding="utf-8", check=False, timeout=TOO_LONG_S
    )
    return Played(done.returncode, done.stdout + done.stderr)


def free_pair() -> int:
    """A port that nobody listens on, with a free one next to it: the page's and Careloop's.

    They are taken seconds later, so they lie below the range from which systems give out ports by themselves.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000, 2)  # the seed is the same in every pytest worker
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def copy_of_checkout(to: Path) -> Path:
    """Every file that git keeps or would keep, without git, environment, caches and data."""
    for name in _files():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)
    return to


def _files() -> list[str]:
    if not (ROOT / ".git").exists():
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        return [str(path) for path in found if not NOT_OURS & set(path.parts)]
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
