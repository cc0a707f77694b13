"""`GET /v1/kpis`: other systems read figures, with a token of their own that can do nothing else. docs/api.md describes it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from core import log
from core.errors import CareloopError, Misconfigured, Refused
from handlers.deps import Deps
from workflows.kpis import figure_rows, readers, states
from workflows.kpis.definitions import OF_STAFF

ASKED = ("program", "from", "to", "by")


def router(deps: Deps) -> APIRouter:
    """The address, for the web process to include."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/v1/kpis")
    async def figures(request: Request) -> Response:
        authorization, asked = request.headers.get("authorization", ""), dict(request.query_params)
        return await run_in_threadpool(_guarded, deps, authorization, asked)

    return routes


def _guarded(deps: Deps, authorization: str, asked: Mapping[str, str]) -> Response:
    """Each way it can fail, with a status, a code and a sentence."""
    try:
        return _answer(deps, authorization, asked)
    except Refused as error:
        return _problem(422, "refused", error.say)
    except (SQLAlchemyError, Misconfigured) as error:
        log.get().error("api.not_ready", error=type(error).__name__)
        return _problem(503, "not_ready", "The figures cannot be read right now. Ask again later.")
    except CareloopError as error:
        log.get().error("api.failed", error=type(error).__name__)
        return _problem(503, "failed", "The figures cannot be read right now. Ask again later.")


def _answer(deps: Deps, authorization: str, asked: Mapping[str, str]) -> Response:
    scheme, _, token = authorization.partition(" ")
    hashed = readers.hash_of(token.strip())
    org = deps.db.route(readers.ROUTE, hashed) if scheme.lower() == "bearer" and token else None
    if org is None:
        return _problem(401, "unauthorised", "Send `Authorization: Bearer` with a reader's token.")
    with deps.db.begin(org=org) as session:
        reader = readers.of_token(session, hashed)
        if reader is None:
            return _problem(401, "revoked", "This token was revoked.")
        if strange := sorted(set(asked) - set(ASKED)):
            raise Refused(f"{len(strange)} of the parameters are not known here. Known are: {', '.join(ASKED)}.")
        questions = figure_rows.asked(
            session,
            program=asked.get("program"),
            by=asked.get("by", ""),
            first=_day(asked, "from"),
            last=_day(asked, "to"),
        )
        if not reader.sees_owners and any(one.by in OF_STAFF for one in questions):
            return _problem(
                403, "not_allowed", "Figures by team and person are for managers: this token does not read them."
            )
        fresh = states.as_of(session)
        found = figure_rows.rows(session, questions)
    body: dict[str, Any] = {"as_of": fresh.isoformat() if fresh else None, "rows": found}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _day(asked: Mapping[str, str], name: str) -> date | None:
    if not asked.get(name):
        return None
    try:
        return date.fromisoformat(asked[name])
    except ValueError as error:
        raise Refused(f"`{name}` is no day. Write it like 2026-11-30.") from error


def _problem(status: int, code: str, say: str) -> JSONResponse:
    return JSONResponse({"error": code, "say": say}, status_code=status, headers={"Cache-Control": "no-store"})
