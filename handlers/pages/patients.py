"""Find a patient, on the page: the same search and acts as in Slack, for what Slack may not see. No address holds any of it."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from handlers import lookup as shown
from handlers.deps import Deps
from handlers.pages import shell
from handlers.pages.routes import Pages
from handlers.pages.shell import Form, page, posted
from workflows import lookup, lookup_acts, surroundings
from workflows.staff import Who

HERE = "/worklist/patients"
Act = Callable[[Session, Form, Who], str]


class Patients(Pages):
    """One address; every form on it is posted there with the verb it asks for."""

    def form(self, request: Request) -> Response:
        """The empty search."""
        with self._signed_in(request) as (session, who):
            lookup.allowed(who)
            facts = _facts(session, who)
        return page("patients.html", {"proof": shell.proof(self._token(request))} | facts)

    def send(self, request: Request, form: Form) -> Response:
        """Search, choose or act; a refusal gives back what was typed and, where somebody was chosen, her history."""
        token, told, found = self._token(request), "", {}
        shell.demand_proof(form, token)
        with self._signed_in(request) as (session, who):
            lookup.allowed(who)
            try:
                with session.begin_nested():
                    found = _answer(session, form, who)
            except Refused as refusal:
                told = refusal.say
                found = {"typed": form} | (_chosen(session, form, who) if form.get("verb") in ACTS else {})
            facts = _facts(session, who) | found | {"told": told}
        return page("patients.html", {"proof": shell.proof(token)} | facts, status=409 if told else 200)


def router(deps: Deps) -> APIRouter:
    """The search's address."""
    pages, routes = Patients(deps), APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get(HERE)
    def form(request: Request) -> Response:
        return pages.form(request)

    @routes.post(HERE)
    def send(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return pages.send(request, form)

    return routes


def _answer(session: Session, form: Form, who: Who) -> dict[str, Any]:
    verb = form.get("verb", "")
    if verb in ACTS:
        done = ACTS[verb](session, form, who)
        return _chosen(session, form, who) | {"done": done}
    return _chosen(session, form, who) if verb == "choose" else _search(session, form, who)


def _search(session: Session, form: Form, who: Who) -> dict[str, Any]:
    typed = {name: form.get(name, "")[:80] for name in ("family", "born", "phone", "mrn")}
    hits = lookup.search(session, lookup.Asked(**typed), by=who)
    rows = [(show("pat", hit.id), shown.line(session, hit, "full")) for hit in hits[: lookup.MOST]]
    return {"searched": True, "rows": rows, "more": len(hits) > lookup.MOST, "typed": typed}


def _chosen(session: Session, form: Form, who: Who) -> dict[str, Any]:
    found = lookup.see(session, parse("pat", form.get("patient", "")), by=who)
    return {
        "patient": show("pat", found.hit.id),
        "name": shown.line(session, found.hit, "full"),
        "lines": shown.history(session, found),
        "running": [(show("enr", one.id), one.title) for one in found.running],
    }


def _stop(session: Session, form: Form, who: Who) -> str:
    patient = parse("pat", form.get("patient", ""))
    return lookup_acts.stop_texts(session, patient, said_by=form.get("said_by", ""), by=who)


def _program(session: Session, form: Form, who: Who) -> str:
    patient, enrollment = parse("pat", form.get("patient", "")), parse("enr", form.get("which", ""))
    return lookup_acts.stop_program(session, patient, enrollment, how=form.get("how", ""), by=who)


def _number(session: Session, form: Form, who: Who) -> str:
    patient = parse("pat", form.get("patient", ""))
    return lookup_acts.new_number(session, patient, form.get("number", "")[:40], by=who)


def _language(session: Session, form: Form, who: Who) -> str:
    patient = parse("pat", form.get("patient", ""))
    return lookup_acts.set_language(session, patient, form.get("language", ""), by=who)


ACTS: dict[str, Act] = {"stop": _stop, "program": _program, "number": _number, "language": _language}


def _facts(session: Session, who: Who) -> dict[str, Any]:
    return {
        "who": who.name,
        "clinic": surroundings.organisation_of(session).name,
        "told": "",
        "done": "",
        "typed": {},
        "searched": False,
        "rows": [],
        "more": False,
        "patient": "",
        "name": "",
        "lines": [],
        "running": [],
        "said_by": lookup_acts.WHO,
        "ways": lookup_acts.HOW,
        "languages": lookup_acts.LANGUAGES,
    }
