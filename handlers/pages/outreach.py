"""Two forms of the page, for what Slack may not see: start a program for a patient, and hand over a list of patients."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from python_multipart import create_form_parser
from python_multipart.exceptions import FormParserError
from sqlalchemy.orm import Session

from bot import report_link
from bot.modals.recall_list import left_out, summary
from core.errors import Refused
from handlers.deps import Deps
from handlers.pages import shell
from handlers.pages.routes import Pages
from handlers.pages.shell import Form, NoPage, page, posted
from workflows import cohorts, page_access, staff_start, surroundings
from workflows.cohorts import csv_files, uploads
from workflows.roles import Verb, demand
from workflows.staff import Who

WHERE = {
    "start": "/worklist/start",
    "list": "/worklist/list",
    "patients": "/worklist/patients",
    "report": "/worklist/report",
}
"""What a one-time link may open, by the word at its end."""
TOO_LONG = "That is too long. Nothing was changed. Go back and hand over a smaller file."
UNREADABLE = "This form cannot be read. Nothing was changed. Open the page again."
ROOM = 100_000  # for the form around the file


@dataclass(frozen=True)
class HandedOver:
    """A form with a file, held in memory alone."""

    form: Form
    raw: bytes = field(repr=False)


async def handed_over(request: Request) -> HandedOver:
    """The fields and the one file of a form that our page sent; NoPage for anything else. Nothing touches the disk."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NoPage(403, "This form was sent by another site. Nothing was changed.")
    fields: Form = {}
    files: list[bytes] = []

    def on_field(found: Any) -> None:
        if len(fields) < shell.MOST_FIELDS:
            fields[(found.field_name or b"").decode("utf-8", "replace")] = (found.value or b"").decode(
                "utf-8", "replace"
            )

    def on_file(found: Any) -> None:
        found.file_object.seek(0)
        files.append(found.file_object.read())

    most = csv_files.MOST_BYTES + ROOM
    kind = request.headers.get("content-type", "").encode("latin-1", "replace")
    try:
        parser = create_form_parser(
            {"Content-Type": kind}, on_field, on_file, config={"MAX_MEMORY_FILE_SIZE": most, "MAX_BODY_SIZE": most}
        )
        taken = 0
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > most:
                raise NoPage(413, TOO_LONG)
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise NoPage(400, UNREADABLE) from error
    return HandedOver(fields, files[0] if files else b"")


class Outreach(Pages):
    """The handlers of both forms."""

    def link_to(self, token: str, to: str) -> Response:
        """Show one button, as for a case; nothing is spent by looking."""
        _known(to)
        with self._deps.db.begin(org=self._org(token)) as session:
            page_access.look_at_link(session, token)
        return page("open.html", {"token": f"{quote(token)}/{to}", "label": "Open"})

    def enter_to(self, token: str, to: str) -> Response:
        """Spend the link, begin the session, go there."""
        where = _known(to)
        with self._deps.db.begin(org=self._org(token)) as session:
            _, _, secret = page_access.use_link(session, token)
        response = RedirectResponse(where, status_code=303)
        shell.keep_signed_in(response, self._deps.settings.public_origin, secret)
        return response

    def start_form(self, request: Request) -> Response:
        """Ask for program, patient, reason and population."""
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.WORK_CASE)
            facts = _start_facts(session, who)
        return page("start.html", {"proof": shell.proof(self._token(request))} | facts)

    def start(self, request: Request, form: Form) -> Response:
        """Start it and say so; a refusal gives everything typed back."""
        token = self._token(request)
        shell.demand_proof(form, token)
        told, done = "", ""
        with self._signed_in(request) as (session, who):
            try:
                with session.begin_nested():
                    done = staff_start.start(
                        session, form.get("program", ""), form.get("patient", "").strip()[:64], reason=form.get("reason", ""),
                        population=form.get("population", "")[:40], by=who, on_page=True,
                    )  # fmt: skip
            except Refused as refusal:
                told = refusal.say
            facts = _start_facts(session, who) | {"told": told, "done": done, "typed": form if told else {}}
        return page("start.html", {"proof": shell.proof(token)} | facts, status=409 if told else 200)

    def list_form(self, request: Request) -> Response:
        """Ask for the file and where it is from."""
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.LAUNCH)
            facts = _list_facts(session, who)
        return page("list.html", {"proof": shell.proof(self._token(request))} | facts)

    def read_list(self, request: Request, handed: HandedOver) -> Response:
        """Read it in one transaction; what was left out is told by line number."""
        token = self._token(request)
        shell.demand_proof(handed.form, token)
        found: dict[str, Any] = {}
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.LAUNCH)
            try:
                with session.begin_nested():
                    found = _read(session, who, handed)
            except Refused as refusal:
                found = {"told": refusal.say}
            facts = _list_facts(session, who) | found
        return page("list.html", {"proof": shell.proof(token)} | facts, status=409 if facts["told"] else 200)


def router(deps: Deps) -> APIRouter:
    """These forms' addresses, for the web process to include beside the page's own."""
    pages, routes = Outreach(deps), APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get("/open/{token}/{to}")
    def link_to(token: str, to: str) -> Response:
        return pages.link_to(token, to)

    @routes.post("/open/{token}/{to}")
    def enter_to(token: str, to: str, _form: Form = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return pages.enter_to(token, to)

    @routes.get("/worklist/start")
    def start_form(request: Request) -> Response:
        return pages.start_form(request)

    @routes.post("/worklist/start")
    def start(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008
        return pages.start(request, form)

    @routes.get("/worklist/list")
    def list_form(request: Request) -> Response:
        return pages.list_form(request)

    @routes.post("/worklist/list")
    def read_list(request: Request, handed: HandedOver = Depends(handed_over)) -> Response:  # noqa: B008
        return pages.read_list(request, handed)

    return routes


def _known(to: str) -> str:
    """Where a link leads; a report's says which one."""
    name, _, asked = to.partition("~")
    if name in ("report", "report.csv") and asked:
        return f"/worklist/{name}?{report_link.of_value(asked).query}"
    if to not in WHERE:
        raise NoPage(404, f"This link is not complete, or not one of ours. {page_access.NEW_LINK}")
    return WHERE[to]


def _start_facts(session: Session, who: Who) -> dict[str, Any]:
    return {
        "who": who.name,
        "clinic": surroundings.organisation_of(session).name,
        "programs": staff_start.programs(session),
        "reasons": staff_start.REASONS,
        "told": "",
        "done": "",
        "typed": {},
    }


def _list_facts(session: Session, who: Who) -> dict[str, Any]:
    clinic = surroundings.organisation_of(session).name
    return {
        "who": who.name,
        "clinic": clinic,
        "told": "",
        "code": "",
        "summary": "",
        "left": [],
        "again": False,
    }


def _read(session: Session, who: Who, handed: HandedOver) -> dict[str, Any]:
    source = "".join(c if c.isascii() and c.isalnum() else "_" for c in handed.form.get("source", "").lower()).strip(
        "_"
    )[:30]
    if not source or not handed.raw:
        raise Refused("Say where the list is from, and pick the file. Nothing was imported.")
    asked = uploads.Asked(handed.raw, source=source, title=f"List from {source}", by=who.actor)
    found = cohorts.from_csv(session, asked)
    return {
        "code": cohorts.get(session, found.cohort_id).code,
        "summary": summary(found.counts),
        "left": left_out(found.rejected),
        "again": found.again,
    }
