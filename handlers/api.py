"""`POST /v1/triggers`: other systems start programs, with a token of their own. docs/api.md describes it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from core import log
from core.errors import CareloopError, Misconfigured, Refused
from core.ids import show
from handlers.deps import Deps
from workflows import sources, trigger_intake
from workflows.patient_match import Reference
from workflows.trigger_intake import Conflict, NotAllowed, Said, Told

MAX_BODY = 16_384
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
Key = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,120}$")]
OnFile = Literal["on_file", "missing"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PatientPart(_Part):
    """At least one id; `match_confidence` is how sure the source is that they are this patient's."""

    ehr_id: Code | None = None
    mrn: Key | None = None
    external_id: Key | None = None
    match_confidence: Annotated[float, Field(ge=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _some(self) -> "PatientPart":
        if not (self.ehr_id or self.mrn or self.external_id):
            raise ValueError("name the patient by ehr_id, mrn or external_id")
        return self


class ContextPart(_Part):
    """The allow-list: codes only, so that nothing said here can name a patient or a diagnosis."""

    reason: Code | None = None
    population: Code | None = None
    schedule: OnFile | None = None
    instructions: OnFile | None = None
    provider: OnFile | None = None
    payer: Code | None = None
    account: Code | None = None
    plan: Code | None = None
    due_at: AwareDatetime | None = None
    tags: Annotated[list[Code], Field(max_length=10)] = Field(default_factory=list)


class TriggerBody(_Part):
    """One event, or one program by name. `id` is the source's own and counts once."""

    id: Key
    kind: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$", max_length=60)] | None = None
    program: Code | None = None
    patient: PatientPart
    occurred_at: Annotated[AwareDatetime, Field(ge=EARLIEST)]
    owner: Code | None = None
    appointment: Code | None = None
    site: Code | None = None
    segment: Code | None = None
    context: ContextPart = ContextPart()

    @model_validator(mode="after")
    def _one(self) -> "TriggerBody":
        if (self.kind is None) == (self.program is None):
            raise ValueError("say either kind (an event) or program (a program's code)")
        return self


def router(deps: Deps) -> APIRouter:
    """The API's addresses, for the web process to include."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/v1/triggers")
    async def receive(request: Request) -> Response:
        body = await request.body()
        if len(body) > MAX_BODY:
            return _problem(413, "too_large", f"A trigger has at most {MAX_BODY} bytes.")
        return await run_in_threadpool(_guarded, deps, request.headers.get("authorization", ""), body)

    return routes


def _guarded(deps: Deps, authorization: str, body: bytes) -> Response:
    """Each way it can fail, with a status, a code and a sentence; never what was sent."""
    try:
        return _receive(deps, authorization, body)
    except Conflict as error:
        return _problem(409, "id_used", error.say)
    except NotAllowed as error:
        return _problem(403, "not_allowed", error.say)
    except Refused as error:
        return _problem(422, "refused", error.say)
    except (SQLAlchemyError, Misconfigured) as error:
        log.get().error("api.not_ready", error=type(error).__name__)
        return _problem(503, "not_ready", "Nothing was recorded. Send it again later with the same id.")
    except CareloopError as error:
        log.get().error("api.failed", error=type(error).__name__)
        return _problem(503, "failed", "Nothing was recorded. Send it again later with the same id.")


def _receive(deps: Deps, authorization: str, body: bytes) -> Response:
    scheme, _, token = authorization.partition(" ")
    hashed = sources.hash_of(token.strip())
    org = deps.db.route(sources.ROUTE, hashed) if scheme.lower() == "bearer" and token else None
    if org is None:
        return _problem(401, "unauthorised", "Send `Authorization: Bearer` with a source's token.")
    try:
        said = TriggerBody.model_validate_json(body)
    except ValidationError as error:
        return _problem(422, "unreadable", "The body cannot be used.", wrong=_complaints(error))
    with deps.db.begin(org=org) as session:
        source = sources.of_token(session, hashed)
        if source is None:
            return _problem(401, "revoked", "This token was revoked.")
        told = trigger_intake.take(session, source, _said(said, body))
    return JSONResponse(_answer(told), status_code=202)


def _said(body: TriggerBody, raw: bytes) -> Said:
    """Two bodies that mean the same have one digest, however they are written."""
    canonical = json.dumps(body.model_dump(mode="json"), sort_keys=True)
    who = body.patient
    return Said(
        id=body.id,
        kind=body.kind,
        program=body.program,
        patient=Reference(who.ehr_id, who.mrn, who.external_id, who.match_confidence),
        occurred_at=body.occurred_at,
        owner=body.owner,
        appointment=body.appointment,
        site=body.site,
        segment=body.segment,
        context=body.context.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        words=raw.decode("utf-8", "replace"),
    )


def _answer(told: Told) -> dict[str, Any]:
    return {
        "trigger": show("trg", told.trigger_id),
        "verdict": told.verdict,
        "say": told.say,
        "enrollments": [show("enr", one) for one in told.enrollments],
    }


def _complaints(error: ValidationError) -> list[str]:
    """Where and what, never a value, nor a field's name that we did not give it."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return list(dict.fromkeys(_complaint(item["type"], item["loc"], item["msg"]) for item in found[:20]))


def _complaint(kind: str, where: tuple[int | str, ...], say: str) -> str:
    strange = kind == "extra_forbidden"
    place = ".".join(str(part) for part in (where[:-1] if strange else where)) or "body"
    return f"{place}: holds a field that is not in docs/api.md" if strange else f"{place}: {say}"


def _problem(status: int, code: str, say: str, **more: list[str]) -> JSONResponse:
    return JSONResponse({"error": code, "say": say} | more, status_code=status)
