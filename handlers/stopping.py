"""How a long-running process is asked to end: SIGTERM, or SIGINT from a keyboard."""

import signal
import threading
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Set by either signal; made in the main thread."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        for number in ENDING:
            signal.signal(number, self._ask)

    @property
    def asked(self) -> bool:
        """The process should end after what it is doing."""
        return self._asked.is_set()

    def within(self, seconds: float) -> bool:
        """Wait so long, or until asked; whether it was."""
        return self._asked.wait(seconds)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()
