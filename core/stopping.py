"""How a long-running process is asked to end: SIGTERM, or SIGINT from a keyboard."""

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Set by either signal, however many come; made in the main thread.

    A second signal may come while the first is being heard (make and a terminal ask the whole group, and each other's children),
    so the waiting is woken through the one queue that may be put to there. A threading.Event would wait for itself for ever.
    """

    def __init__(self) -> None:
        self.asked = False  # the process should end after what it is doing
        self._heard: SimpleQueue[None] = SimpleQueue()
        self._before = {number: signal.signal(number, self._ask) for number in ENDING}

    def within(self, seconds: float | None) -> bool:
        """Wait so long (None: for as long as it takes), or until asked; whether it was."""
        if not self.asked:
            with suppress(Empty):
                self._heard.get(timeout=seconds)
        return self.asked

    def over(self) -> None:
        """The signals mean again what they meant before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        self._heard.put(None)
