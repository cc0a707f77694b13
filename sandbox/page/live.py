import asyncio
import threading
from collections.abc import AsyncIterator

HEARTBEAT_S = 15.0


class Listener:
    """One open page: woken from any thread, it wakes its own event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Safe from any thread, and harmless once the page's loop has ended."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def wait(self) -> bool:
        """True when woken, False when a heartbeat is due."""
        try:
            await asyncio.wait_for(self._woken.wait(), HEARTBEAT_S)
        except TimeoutError:
            return False
        self._woken.clear()
        return True


class Broadcast:
    """Counts changes and tells every open page the newest number; changes in one breath become one message."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._closed = False
        self.version = 1

    def changed(self) -> None:
        with self._lock:
            self.version += 1
            listeners = list(self._listeners)
        for listener in listeners:
            listener.wake()

    def close(self) -> None:
        """End every stream, so that the server can stop without waiting for open pages."""
        self._closed = True
        self.changed()

    async def versions(self) -> AsyncIterator[int | None]:
        """The version now, then each newer one; None when a heartbeat is due."""
        listener = Listener()
        with self._lock:
            self._listeners.add(listener)
        try:
            seen = self.version
            yield seen
            while not self._closed:
                await listener.wait()
                newest = self.version
                yield newest if newest != seen else None
                seen = newest
        finally:
            with self._lock:
                self._listeners.discard(listener)
