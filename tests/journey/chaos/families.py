"""Careloop's processes as a test holds them: started through the nursery, killed by their process id."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

from tests.journey.chaos.orders import Order

ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 20.0


@dataclass
class Child:
    """One process; `signal` is what ended it."""

    pid: int
    order: Order
    ended: threading.Event = field(default_factory=threading.Event)
    signal: int = 0

    def kill(self) -> None:
        """As a power cut: no goodbye. One that has ended already is left alone."""
        if not self.ended.is_set():
            os.kill(self.pid, SIGKILL)
            assert self.ended.wait(WITHIN_S)

    def passed(self) -> list[str]:
        """The boundaries it has passed; the last one is where it died."""
        return Path(self.order.journal).read_text().splitlines()


class Family:
    """The nursery and the children that live."""

    def __init__(self, folder: Path) -> None:
        self._living: dict[int, Child] = {}
        self._told = threading.Condition()
        self._order: Order | None = None
        self._newest: Child | None = None
        passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        with (folder / "nursery.log").open("wb") as log:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.journey.chaos.nursery"],
                cwd=ROOT, env=passed_on | {"NO_PROXY": "127.0.0.1,localhost"},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, order: Order) -> Child:
        """Fork one process; returns when it lives."""
        assert self._nursery.stdin is not None
        with self._told:
            self._order, self._newest = order, None
            self._nursery.stdin.write(f"{order.line()}\n".encode())
            self._nursery.stdin.flush()
            newest = self._told.wait_for(lambda: self._newest, WITHIN_S)
            assert newest is not None, "the nursery does not answer"
            return newest

    def end(self) -> None:
        """Kill whoever lives."""
        for child in list(self._living.values()):
            child.kill()

    def close(self) -> None:
        """End the nursery itself."""
        self.end()
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.close()
        self._nursery.wait(WITHIN_S)
        self._reader.join(WITHIN_S)
        self._nursery.stdout.close()

    def _read(self) -> None:
        assert self._nursery.stdout is not None
        for line in self._nursery.stdout:
            said = json.loads(line)
            with self._told:
                if "started" in said and self._order is not None:
                    self._newest = self._living[said["started"]] = Child(said["started"], self._order)
                    self._told.notify_all()
                elif "ended" in said:
                    child = self._living.pop(said["ended"])
                    child.signal = said["signal"]
                    child.ended.set()
