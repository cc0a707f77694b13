"""An app on a free port of this machine, served from a thread."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


class QuickServer(uvicorn.Server):
    """Notices at once that it should end; the stock loop looks ten times a second."""

    async def main_loop(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(0.005)


def bound() -> socket.socket:
    """A listening socket on a free port: a client may connect before the server is up."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.listen(256)
    return held


def address(held: socket.socket) -> str:
    return f"http://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def serving(
    app: Any, *, held: socket.socket | None = None, lifespan: bool = False, end: Callable[[], object] | None = None
) -> Iterator[str]:
    """Its address; what is under way gets a second at the end. `end` is called first, to let go of streams."""
    held = held or bound()
    config = uvicorn.Config(
        app, log_config=None, ws="none", lifespan="on" if lifespan else "off", timeout_graceful_shutdown=1
    )
    server = QuickServer(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    try:
        yield address(held)
    finally:
        server.should_exit = True
        if end is not None:
            end()
        thread.join(10)
        held.close()
