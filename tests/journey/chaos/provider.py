"""The local phones and an empty EHR, served over loopback for the length of a test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from fastapi import FastAPI

from sandbox.ehr import Chart, ChartConfig
from sandbox.phones import Carrier, CarrierConfig
from tests.factories import MONDAY_NOON
from tests.serving import address, bound
from tests.serving import serving as served

ACCOUNT = f"AC{'c' * 32}"
SERVICE = f"MG{'d' * 32}"
TOKEN = "chaos-token"
SENDER = "+13125550100"


@contextmanager
def serving(careloop_url: str) -> Iterator[str]:
    """Their address. Status callbacks and inbound texts go to Careloop, signed."""
    held = bound()
    with served(_app(address(held), careloop_url), held=held, lifespan=True) as url:
        yield url


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
