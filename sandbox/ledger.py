"""`app.py why` kept open: asked by the line, so that a look at the ledger costs milliseconds and not a start of Python."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from core.errors import Misconfigured


@dataclass
class Ledger:
    """What Careloop wrote down about patients. `command` reads EHR ids and answers each with a JSON array on one line."""

    command: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    complaints: Path
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def ask(self, patient: str) -> list[dict[str, Any]]:
        """A patient's enrollments as they are at this moment. Raises Misconfigured when the command ended."""
        with self._lock:
            process = self._process = self._process or self._started()
            if process.stdin is None or process.stdout is None:
                raise Misconfigured("`app.py why` has no pipes", fix="Start the demo again.")
            try:
                process.stdin.write(f"{patient}\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = ""
            if not line:
                self._end()
                raise Misconfigured("`app.py why` ended", fix=f"See {self.complaints}.")
            found: list[dict[str, Any]] = json.loads(line)
            return found

    def close(self) -> None:
        """End the command. Twice is harmless; asking again starts it again."""
        with self._lock:
            self._end()

    def _started(self) -> "subprocess.Popen[str]":
        with self.complaints.open("wb") as log:
            return subprocess.Popen(
                self.command, env=dict(self.env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it only reads
        process.communicate()
