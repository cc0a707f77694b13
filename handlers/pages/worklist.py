"""The signed-in worklist: cases, promises, what runs by itself, programs; narrowed as on Home, and a search by name. No script."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot import counted, filters, standing
from bot.narrowing import ALL
from core.errors import Refused
from core.ids import parse, show
from handlers.deps import Deps
from handlers.pages import shell, words
from handlers.pages.moments import Moments
from handlers.pages.routes import Pages
from handlers.pages.shell import Form, NoPage, page, posted
from workflows import desk, desk_search, halts, lenses, promising
from workflows.desk import Desk, View
from workflows.desk_programs import CampaignState, ProgramState
from workflows.desk_rows import Line, Promised, Running
from workflows.roles import TABLE, Verb
from workflows.staff import Who

PAGE, MOST_COUNTS = 50, 40
SHOWN = {
    "": View.OPEN,
    "mine": View.MINE,
    "free": View.UNCLAIMED,
    "late": View.LATE,
    "promises": View.PROMISES,
    "running": View.RUNNING,
    "programs": View.PROGRAMS,
}
LABELS = {
    "": "All open",
    "mine": "Mine",
    "free": "Nobody's yet",
    "late": "Late",
    "promises": "Promises",
    "running": "Running by itself",
    "programs": "Programs",
}
EMPTY = {
    View.OPEN: "No open cases here. New ones appear as patients answer.",
    View.MINE: "You have no case. “Nobody's yet” shows what waits for somebody.",
    View.UNCLAIMED: "Everything is taken.",
    View.LATE: "Nothing is late.",
    View.PROMISES: "Every promise was kept.",
    View.RUNNING: "No program is running.",
    View.PROGRAMS: "There is no program yet.",
}
Facts = dict[str, Any]


class Worklist(Pages):
    """One list at a time; what it is narrowed to is kept for the person."""

    def desk(self, request: Request) -> Response:
        """The worklist."""
        team, asked = _asked_team(request), request.query_params.get("show", "")
        code = asked if asked in SHOWN else ""
        with self._signed_in(request) as (session, who):
            found = desk.load(session, who, view=SHOWN[code], page=_asked_page(request) - 1, size=PAGE, team=team)
            facts = _facts(session, who, found, code)
        return page("worklist.html", {"proof": shell.proof(self._token(request))} | facts)

    def narrow(self, request: Request, form: Form) -> Response:
        """Keep the filters, or take them off, and go back to the list."""
        shell.demand_proof(form, self._token(request))
        with self._signed_in(request) as (session, who):
            if form.get("all"):
                lenses.widen(session, who)
            else:
                named = {name: form[name] for name in lenses.NAMES if name in form}
                lenses.narrow(session, who, **{n: "" if code == ALL else code for n, code in named.items()})
        kept = [(name, form[name]) for name in ("team", "show") if form.get(name)]
        return RedirectResponse(f"/worklist{'?' if kept else ''}{urlencode(kept)}", status_code=303)

    def find(self, request: Request, form: Form) -> Response:
        """Open cases by a name, which is in no address."""
        shell.demand_proof(form, self._token(request))
        typed, told, lines = form.get("name", "")[:80], "", list[Line]()
        with self._signed_in(request) as (session, who):
            try:
                lines = list(desk_search.by_name(session, typed, by=who))
            except Refused as refusal:
                told = refusal.say
            facts = _facts(session, who, desk.load(session, who, view=View.OPEN, size=PAGE), "")
            at = Moments(session)
            facts |= {"searched": True, "typed": typed, "told": told, "rows": [_case(line, at, who) for line in lines]}
        return page("worklist.html", {"proof": shell.proof(self._token(request))} | facts, status=409 if told else 200)


def router(deps: Deps) -> APIRouter:
    """The worklist's addresses."""
    pages, routes = Worklist(deps), APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get("/worklist")
    def desk(request: Request) -> Response:
        return pages.desk(request)

    @routes.post("/worklist/narrow")
    def narrow(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return pages.narrow(request, form)

    @routes.post("/worklist/find")
    def find(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008
        return pages.find(request, form)

    return routes


def _facts(session: Session, who: Who, found: Desk, code: str) -> Facts:
    at, narrowing = Moments(session), filters.drawn(found, words.KINDS)
    team = show("tem", found.team) if found.team else ""
    total = found.total
    pages = max(1, -(-total // PAGE)) if total is not None else found.page + 1 + found.more
    return {
        "who": who.name,
        "clinic": at.clinic,
        "as_of": at.near(at.now),
        "zone": str(at.zone),
        "halts": halts.lines(session),
        "counts": counted.said(found.counts, MOST_COUNTS).split(" · ") if found.counts else [],
        "queues": [
            {"id": show("tem", q.id), "name": q.name, "open": q.open, "chosen": q.id == found.team}
            for q in found.queues
        ],
        "all_open": sum(q.open for q in found.queues),
        "views": _views(found, team, code),
        "view": found.view.value,
        "show": code,
        "team": team,
        "narrowing": narrowing,
        "empty": f"Nothing here is {narrowing.names}." if narrowing and narrowing.hides else EMPTY[found.view],
        "rows": [_case(line, at, who) for line in found.entries],
        "plain": _plain(found, at),
        "total": total,
        "page": found.page + 1,
        "pages": pages,
        "admin": Verb.SETTINGS in TABLE[who.role],
        "searched": False,
        "typed": "",
        "told": "",
    }


def _views(found: Desk, team: str, code: str) -> list[Facts]:
    """The links to the lists, each keeping the team."""
    made = []
    for one, view in SHOWN.items():
        query = urlencode([(name, value) for name, value in (("team", team), ("show", one)) if value])
        made.append({"label": LABELS[one], "count": found.tally.get(view), "chosen": one == code, "query": query})
    return made


def _case(line: Line, at: Moments, who: Who) -> Facts:
    return {
        "id": show("cas", line.id),
        "number": line.number,
        "verb": words.kind(line.kind),
        "priority": words.PRIORITIES.get(line.priority, ""),
        "clinical": line.clinical,
        "program": line.program or "",
        "branch": standing.branch(line.branch),
        "asked": line.asked or "",
        "due": standing.next_of_case(line, zone=at.zone, now=at.now),
        "due_at": at.near(line.due_at) if line.state not in ("closed", "snoozed") else "",
        "late": line.due_at < at.now and line.state not in ("closed", "snoozed"),
        "team": line.team,
        "owner": "you" if line.owner_id == who.id else line.owner or "",
        "state": standing.state(line.shown),
        "shown": line.shown,
    }


def _plain(found: Desk, at: Moments) -> Facts:
    """The lists that are not of cases: their heads, and rows of (state's code, cells, the case behind the row)."""
    if found.view is View.PROMISES:
        return {"heads": ("Promise", "Due", "Team"), "rows": [_promise(one, at) for one in found.promises]}
    if found.view is View.RUNNING:
        return {"heads": ("Program", "State", "So far", "Next"), "rows": [_run(one, at) for one in found.running]}
    if found.view is View.PROGRAMS:
        made = [*map(_campaign, found.campaigns), *map(_program, found.programs)]
        return {"heads": ("Program or campaign", "State", "How far"), "rows": made[found.page * PAGE :][:PAGE]}
    return {}


def _promise(one: Promised, at: Moments) -> Facts:
    what = promising.NAMES.get(one.kind, one.kind.replace("_", " ")).capitalize()
    late = one.due_at < at.now
    return {
        "cells": (f"{what}, case {one.number}", at.near(one.due_at), one.team),
        "case": show("cas", one.case_id),
        "late": late,
    }


def _run(one: Running, at: Moments) -> Facts:
    case = show("cas", one.case_id) if one.case_id and one.shown == "needs_person" else ""
    state = f"{standing.state(one.shown)}{f': case {one.case_number}' if case else ''}"
    following = standing.next_of_run(one, zone=at.zone, now=at.now)
    return {
        "cells": (one.program, state, standing.branch(one.routing) or "first question", following),
        "case": case,
        "late": False,
    }


def _program(one: ProgramState) -> Facts:
    state, behind = standing.of_program(one)
    return {"cells": (one.title, state, behind), "case": "", "late": False}


def _campaign(one: CampaignState) -> Facts:
    state, far = standing.of_campaign(one)
    return {"cells": (f"Campaign {one.number}: {one.cohort} ({one.program})", state, far), "case": "", "late": False}


def _asked_team(request: Request) -> UUID | None:
    asked = request.query_params.get("team")
    if not asked:
        return None
    try:
        return parse("tem", asked)
    except Refused as refusal:
        raise NoPage(
            404, "There is no such team here. Open the worklist without it.", title="No such team"
        ) from refusal


def _asked_page(request: Request) -> int:
    asked = request.query_params.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
