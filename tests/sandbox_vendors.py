"""Local phones and a local EHR on a free loopback port, and an ear for what they tell Careloop."""

import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx
from fastapi import APIRouter, FastAPI

from sandbox.tls import TLS
from tests.loopback import Asked, Says, Vendor
from tests.serving import serving


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


@contextmanager
def served(router: APIRouter, close: Callable[[], Awaitable[None]], held: socket.socket) -> Iterator[httpx.Client]:
    """Run the router under uvicorn on an already bound socket; what is under way is stopped at the end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    with (
        serving(app, held=held, lifespan=True) as url,
        httpx.Client(verify=TLS, base_url=url, timeout=5, trust_env=False) as http,
    ):
        yield http
