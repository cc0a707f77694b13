"""The local phones and an empty EHR, served over loopback for the length of a test."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from sandbox.ehr import Chart, ChartConfig
from sandbox.phones import Carrier, CarrierConfig
from tests.factories import MONDAY_NOON

ACCOUNT = f"AC{'c' * 32}"
SERVICE = f"MG{'d' * 32}"
TOKEN = "chaos-token"
SENDER = "+13125550100"


@contextmanager
def serving(careloop_url: str) -> Iterator[str]:
    """Their address. Status callbacks and inbound texts go to Careloop, signed."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(_app(url, careloop_url), log_level="error", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def _app(url: str, careloop_url: str) -> FastAPI:
    phones = CarrierConfig(
        ACCOUNT, TOKEN, SERVICE, SENDER, inbound_url=f"{careloop_url}/twilio/inbound", callback_delay_s=0.1
    )
    carrier = Carrier(phones, now=lambda: MONDAY_NOON, changed=lambda: None)
    chart = Chart(ChartConfig(f"{url}/fhir", TOKEN), now=lambda: MONDAY_NOON, changed=lambda: None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await carrier.aclose()
        await chart.aclose()

    app = FastAPI(lifespan=lifespan)
    app.include_router(carrier.router())
    app.include_router(chart.router())
    return app
