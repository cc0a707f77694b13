"""Load over HTTP/1.1 from a process of its own: at a fixed rate whatever the answers take, or as fast as answers come."""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import cast

import uvloop

ANSWER_WITHIN_S = 20.0


@dataclass(frozen=True)
class Shot:
    """What came of a run: milliseconds of every answer, how many were not 2xx, how long it took in seconds."""

    ms: list[float]
    bad: int
    took_s: float


@dataclass(frozen=True)
class Order:
    """Whole requests as bytes; `rate` per second, or 0: `connections` of them always in flight."""

    port: int
    requests: list[bytes]
    rate: float
    connections: int = 32


def fire(order: Order) -> Shot:
    """Send all from another process and wait for it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (order,))


@contextlib.contextmanager
def answers_taken() -> Iterator[int]:
    """The other end of a click's `response_url`, in a process of its own that says 200 to everything: yields its port."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    taker = spawn.Process(target=_take, args=(there,), daemon=True)
    taker.start()
    try:
        yield here.recv()
    finally:
        taker.terminate()
        taker.join()


def _take(tell: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Taker, "127.0.0.1", 0)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


class _Taker(asyncio.Protocol):
    """Whole requests in, an empty 200 out, on a line that stays open."""

    def __init__(self) -> None:
        self._got = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        while found and len(body) >= _length(head):
            self._got = body[_length(head) :]
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            head, found, body = self._got.partition(b"\r\n\r\n")


def _run(order: Order) -> Shot:
    return uvloop.run(_open_loop(order) if order.rate else _closed_loop(order))


class _Link(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    def __init__(self) -> None:
        self._got = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def closed(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is none of asyncio's

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head) and self._answer and not self._answer.done():
            self._got = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(0)

    async def ask(self, request: bytes) -> int:
        """The status of the answer; 0 without one."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await asyncio.wait_for(self._answer, ANSWER_WITHIN_S)
        except TimeoutError:
            return 0


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def _connect(port: int) -> _Link:
    _, link = await asyncio.get_running_loop().create_connection(_Link, "127.0.0.1", port)
    return link


async def _open_loop(order: Order) -> Shot:
    """Latency counts from the moment a request should have left, so that a stalled server cannot hide its queue."""
    free = [await _connect(order.port) for _ in range(order.connections)]
    ms: list[float] = []
    statuses: list[int] = []

    async def one(request: bytes, due: float) -> None:
        link = free.pop() if free else await _connect(order.port)
        if link.closed:  # it lay idle for longer than the server keeps one
            link = await _connect(order.port)
        statuses.append(await link.ask(request))
        ms.append((time.perf_counter() - due) * 1000)
        free.append(link)

    tasks = []
    begin = time.perf_counter() + 0.1
    for index, request in enumerate(order.requests):
        due = begin + index / order.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(request, due)))
    await asyncio.gather(*tasks)
    return Shot(ms, _bad(statuses), time.perf_counter() - begin)


async def _closed_loop(order: Order) -> Shot:
    waiting = iter(order.requests)
    ms: list[float] = []
    statuses: list[int] = []

    async def client() -> None:
        link = await _connect(order.port)
        for request in waiting:
            begin = time.perf_counter()
            statuses.append(await link.ask(request))
            ms.append((time.perf_counter() - begin) * 1000)

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(order.connections)))
    return Shot(ms, _bad(statuses), time.perf_counter() - begin)


def _bad(statuses: list[int]) -> int:
    return sum(not 200 <= status < 300 for status in statuses)
