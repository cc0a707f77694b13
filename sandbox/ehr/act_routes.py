"""The control of the local EHR: acts of people at the clinic, faults, and the log of requests."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.ehr.checks import Resource
from sandbox.ehr.faults import Fault
from sandbox.ehr.refusals import FhirError

if TYPE_CHECKING:
    from sandbox.ehr.chart import Chart


class Visit(BaseModel):
    """An act on an appointment."""

    model_config = ConfigDict(extra="forbid")

    appointment: str


class Cancellation(Visit):
    """Why: a code of R4's appointment-cancellation-reason list."""

    reason: str = Field(default="pat", pattern=r"^[a-z-]{1,30}$")


class Booking(BaseModel):
    """A patient takes a slot by telephone or portal."""

    model_config = ConfigDict(extra="forbid")

    patient: str
    slot: str
    service: str = Field(default="Office visit", min_length=1, max_length=80)


class SlotTaken(BaseModel):
    """Somebody else takes a slot."""

    model_config = ConfigDict(extra="forbid")

    slot: str


class Person(BaseModel):
    """An act on a patient."""

    model_config = ConfigDict(extra="forbid")

    patient: str


class Leaving(Person):
    """Where the patient goes: a code of FHIR's discharge-disposition list."""

    disposition: str = Field(default="home", pattern=r"^[a-z-]{1,20}$")
    instructions: bool = True


class Redelivery(BaseModel):
    """Send the newest `n` notifications again, all without it."""

    model_config = ConfigDict(extra="forbid")

    n: int | None = Field(default=None, ge=1)
    order: Literal["same", "reverse"] = "same"


def build(chart: "Chart") -> APIRouter:
    """All routes under /act/ehr; refusals are OperationOutcomes with their status."""
    router = APIRouter(prefix="/act/ehr")
    _add_acts(router, chart)
    _add_stays(router, chart)
    _add_controls(router, chart)
    return router


def _add_acts(router: APIRouter, chart: "Chart") -> None:
    acts, done = chart.acts, partial(_done, chart)

    async def no_show(order: Visit) -> Response:
        return done(lambda: acts.no_show(order.appointment))

    async def arrive(order: Visit) -> Response:
        return done(lambda: acts.arrive(order.appointment))

    async def fulfill(order: Visit) -> Response:
        return done(lambda: acts.fulfill(order.appointment))

    async def cancel(order: Cancellation) -> Response:
        return done(lambda: acts.cancel(order.appointment, reason=order.reason))

    async def book(order: Booking) -> Response:
        return done(lambda: acts.book(order.patient, order.slot, service=order.service))

    async def slot_taken(order: SlotTaken) -> Response:
        return done(lambda: acts.slot_taken(order.slot))

    async def deceased(order: Person) -> Response:
        return done(lambda: acts.deceased(order.patient))

    for act in (no_show, arrive, fulfill, cancel, book, slot_taken, deceased):
        router.add_api_route(f"/{act.__name__}", act, methods=["POST"], response_model=None)


def _add_stays(router: APIRouter, chart: "Chart") -> None:
    acts, done = chart.acts, partial(_done, chart)

    async def admit(order: Person) -> Response:
        return done(lambda: acts.admit(order.patient))

    async def discharge(order: Leaving) -> Response:
        return done(
            lambda: acts.discharge(order.patient, disposition=order.disposition, instructions=order.instructions)
        )

    for act in (admit, discharge):
        router.add_api_route(f"/{act.__name__}", act, methods=["POST"], response_model=None)


def _done(chart: "Chart", act: Callable[[], Resource]) -> Response:
    """Do it and tell the subscriber; a refusal is an OperationOutcome with its status."""
    try:
        resource = act()
    except FhirError as error:
        return JSONResponse(error.outcome(), status_code=error.status)
    chart.notices.flush()
    return JSONResponse(resource)


def _add_controls(router: APIRouter, chart: "Chart") -> None:
    async def fault(order: Fault) -> dict[str, bool]:
        chart.faults.standing.append(order)
        return {"ok": True}

    async def behave() -> dict[str, bool]:
        chart.faults.standing.clear()
        return {"ok": True}

    async def requests() -> dict[str, Any]:
        return {"requests": list(chart.requests)}

    async def notices() -> dict[str, Any]:
        return {"notices": [{"status": notice.status, "tries": notice.tries} for notice in chart.notices.sent]}

    async def handshake() -> dict[str, bool]:
        chart.notices.handshake()
        chart.notices.flush()
        return {"ok": True}

    async def redeliver(order: Redelivery) -> dict[str, Any]:
        sent = await chart.notices.again(order.n, reverse=order.order == "reverse")
        return {"delivered": [notice.status for notice in sent]}

    for path, method, act in (
        ("fault", "POST", fault),
        ("fault", "DELETE", behave),
        ("requests", "GET", requests),
        ("notices", "GET", notices),
        ("handshake", "POST", handshake),
        ("redeliver", "POST", redeliver),
    ):
        router.add_api_route(f"/{path}", act, methods=[method], response_model=None)
