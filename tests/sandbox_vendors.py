"""Local phones and a local EHR on a free loopback port, and an ear for what they tell Careloop."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI

from tests.loopback import Asked, Says, Vendor


@dataclass
class Ear:
    """Careloop's side of the webhooks: answers with the next of `answers` (then 200), remembers everything."""

    vendor: Vendor
    answers: list[Says] = field(default_factory=list)
    heard: list[Asked] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.vendor.reply = self._hear

    def _hear(self, asked: Asked) -> Says:
        with self.arrived:
            self.heard.append(asked)
            self.arrived.notify_all()
            return self.answers.pop(0) if self.answers else Says(raw=b"")

    def wait_for(self, count: int) -> list[Asked]:
        """The first `count` requests; fails when they do not come in 5 s."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.heard) >= count, timeout=5), f"{len(self.heard)} arrived"
            return list(self.heard)

    @property
    def forms(self) -> list[dict[str, str]]:
        return [dict(parse_qsl(asked.body.decode(), keep_blank_values=True)) for asked in list(self.heard)]


class _QuickServer(uvicorn.Server):
    """Notices at once that it should end; the stock loop looks ten times a second."""

    async def main_loop(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(0.005)


@contextmanager
def served(router: APIRouter, close: Callable[[], Awaitable[None]], held: socket.socket) -> Iterator[httpx.Client]:
    """Run the router under uvicorn on an already bound socket; what is under way is stopped at the end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    server = _QuickServer(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=address(held), timeout=5, trust_env=False) as http:
            yield http
    finally:
        server.should_exit = True
        thread.join(10)
        held.close()


def bound() -> socket.socket:
    """A listening socket on a free port: a client may connect before the server is up."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.listen(256)
    return held


def address(held: socket.socket) -> str:
    return f"http://127.0.0.1:{held.getsockname()[1]}"
