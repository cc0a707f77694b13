"""Keeps named child processes running, and ends them in order. Small on purpose: honcho stops all when one dies."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import Misconfigured
from core.stopping import Stop

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0
SETTLED_AFTER_S = 10.0
LOOK_EVERY_S = 0.05
LAST_WORDS_S = 0.5


@dataclass(frozen=True)
class Child:
    """What to keep running: a command with exactly this environment (nothing is inherited)."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(repr=False)


@dataclass
class _Slot:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    reader: threading.Thread | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    wait_s: float = FIRST_WAIT_S
    starts: int = 0


class Supervisor:
    """Starts children in the given order, restarts with growing waits whichever dies, stops them in reverse order.

    Every line a child says goes to `<logs>/<name>.log`, and with its name in front to `echo`. On Linux the children die
    with this process even when it is killed.
    """

    def __init__(
        self, children: Sequence[Child], *, logs: Path, echo: Callable[[str], None] | None = None, grace_s: float = 5.0
    ) -> None:
        self._slots = {child.name: _Slot(child) for child in children}
        if len(self._slots) != len(children):
            raise ValueError("two children have the same name")
        self._logs = logs
        self._echo = echo
        self._grace_s = grace_s
        self._changed = threading.Condition()
        self._stopping = False
        self._keeper = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all; returns once each has been started once. Raises Misconfigured when a program does not exist."""
        for slot in self._slots.values():
            if shutil.which(slot.child.command[0]) is None:
                raise Misconfigured(f"There is no program {slot.child.command[0]}", fix="Run `make setup`.")
        self._logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in self._slots:
            (self._logs / f"{name}.log").write_bytes(b"")
        self._keeper.start()
        with self._changed:
            self._changed.wait_for(lambda: all(slot.starts for slot in self._slots.values()))

    def alive(self) -> dict[str, bool]:
        """Which children run at this moment."""
        with self._changed:
            return {name: _runs(slot) for name, slot in self._slots.items()}

    def pid(self, name: str) -> int | None:
        """The child's process id, or None while it is down."""
        with self._changed:
            slot = self._slots[name]
            return slot.process.pid if slot.process and _runs(slot) else None

    def restart(self, name: str) -> None:
        """End a child politely and start it again at once; returns when the new one has been started."""
        with self._changed:
            slot = self._slots[name]
            before = slot.starts
            self._end(slot)
            slot.wait_s, slot.start_at = FIRST_WAIT_S, 0.0
            slot.process = None
            self._changed.wait_for(lambda: slot.starts > before or self._stopping)

    def stop(self) -> None:
        """End all, last started first, each with `grace_s` seconds before it is killed. Twice is harmless."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            for slot in reversed(self._slots.values()):
                self._end(slot)
        if self._keeper.is_alive() and self._keeper is not threading.current_thread():
            self._keeper.join()

    def run(self) -> None:
        """Keep all running until SIGINT or SIGTERM, then stop them. For the main thread, after `start`."""
        stop = Stop()
        try:
            stop.within(None)
        finally:
            self.stop()
            stop.over()

    def _keep(self) -> None:
        """All starts happen in this one thread: the kernel ties a child's life to the thread that started it."""
        with self._changed:
            while not self._stopping:
                for slot in self._slots.values():
                    self._look(slot)
                self._changed.notify_all()
                self._changed.wait(LOOK_EVERY_S)

    def _look(self, slot: _Slot) -> None:
        now = time.monotonic()
        if slot.process and slot.process.poll() is not None:
            _hear_out(slot)
            self._say(slot.child.name, f"ended with {slot.process.returncode}; again in {slot.wait_s:g} s")
            settled = now - slot.started_at >= SETTLED_AFTER_S
            slot.wait_s = FIRST_WAIT_S if settled else slot.wait_s
            slot.start_at = now + slot.wait_s
            slot.wait_s = min(slot.wait_s * 2, LONGEST_WAIT_S)
            slot.process = None
        if slot.process is None and now >= slot.start_at:
            slot.process = self._spawn(slot.child)
            slot.reader = threading.Thread(target=self._collect, args=(slot.child.name, slot.process), daemon=True)
            slot.reader.start()
            slot.started_at = now
            slot.starts += 1

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        program = shutil.which(child.command[0]) or child.command[0]
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")), str(os.getpid())]
        return subprocess.Popen(
            [*launcher, str(int(signal.SIGTERM)), "-1", "-1", program, *child.command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(child.env),
            start_new_session=True,
        )

    def _collect(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        with process.stdout:
            for line in process.stdout:
                self._say(name, line.decode(errors="replace").rstrip("\n"))

    def _say(self, name: str, line: str) -> None:
        with (self._logs / f"{name}.log").open("a") as log:
            log.write(line + "\n")
        if self._echo:
            self._echo(f"{name} | {line}")

    def _end(self, slot: _Slot) -> None:
        process = slot.process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(self._grace_s)
        except subprocess.TimeoutExpired:
            os.killpg(
                process.pid, signal.SIGKILL
            )  # it leads a session that we made: this reaches its own children only
            process.wait()
        _hear_out(slot)


def _hear_out(slot: _Slot) -> None:
    """Wait for the last words, but not for a grandchild that keeps the pipe open."""
    if slot.reader:
        slot.reader.join(LAST_WORDS_S)


def _runs(slot: _Slot) -> bool:
    return slot.process is not None and slot.process.poll() is None
