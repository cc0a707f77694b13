"""I'm off until…, on the page: the same as the form in Slack."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from handlers.deps import Deps
from handlers.pages import shell
from handlers.pages.routes import Pages
from handlers.pages.shell import Form, page, posted
from workflows import absences, on_call, surroundings
from workflows.absences import Wished
from workflows.roles import Verb, demand
from workflows.staff import Who


class Off(Pages):
    """The form, and what is sent from it."""

    def form(self, request: Request) -> Response:
        """Until when, and who takes one's cases."""
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.WORK_CASE)
            facts = _facts(session, who)
        return page("off.html", {"proof": shell.proof(self._token(request))} | facts)

    def send(self, request: Request, form: Form) -> Response:
        """Hand over, or come back; a refusal gives everything that was filled in back."""
        token, told, done = self._token(request), "", []
        shell.demand_proof(form, token)
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.WORK_CASE)
            try:
                with session.begin_nested():
                    done = _back(session, who) if form.get("back") else _leave(session, who, form)
            except Refused as refusal:
                on_call.forget_off(session)
                told = refusal.say
            facts = _facts(session, who) | {"told": told, "done": done} | ({"typed": form} if told else {})
        return page("off.html", {"proof": shell.proof(token)} | facts, status=409 if told else 200)


def router(deps: Deps) -> APIRouter:
    """The form's address."""
    pages, routes = Off(deps), APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get("/worklist/off")
    def form(request: Request) -> Response:
        return pages.form(request)

    @routes.post("/worklist/off")
    def send(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return pages.send(request, form)

    return routes


def _leave(session: Session, who: Who, form: Form) -> list[str]:
    backup = form.get("backup", "")
    wished = Wished(
        form.get("day", ""), form.get("time", ""), form.get("from_day") or None, form.get("from_time") or None,
        parse("stf", backup) if backup else None,
    )  # fmt: skip
    return absences.said(session, absences.leave(session, absences.asked(session, wished), by=who))


def _back(session: Session, who: Who) -> list[str]:
    if not absences.back(session, by=who):
        raise Refused("You are not down as off. Nothing was changed.")
    return ["Welcome back: you can be given cases and called again. What went to others stays with them."]


def _facts(session: Session, who: Who) -> dict[str, Any]:
    day, time = absences.next_morning(session)
    until = absences.off(session).get(who.id)
    organisation = surroundings.organisation_of(session)
    return {
        "who": who.name,
        "clinic": organisation.name,
        "zone": organisation.zone,
        "colleagues": [(show("stf", id_), name) for id_, name in absences.colleagues(session, who)],
        "off_until": on_call.when(session, until) if until else "",
        "told": "",
        "done": [],
        "typed": {"day": day, "time": time, "from_day": "", "from_time": "", "backup": ""},
    }
