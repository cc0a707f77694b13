"""The report at /worklist/report: to read, to print, as CSV, as one file, and as leadership's page. Its address holds codes alone."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from bot import digest_pictures, leadership, report_link
from bot.pictures.paper import Picture
from bot.report_link import PERIODS, Wanted
from core import clock
from core.errors import Refused
from handlers import reads
from handlers.deps import Deps
from handlers.pages import report_csv, report_view, shell
from handlers.pages.routes import Pages
from handlers.pages.shell import NoPage, page
from storage.db import org_of
from workflows import local_days, surroundings
from workflows.kpis import reports
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import CUTS, OF_STAFF
from workflows.kpis.sheets import Sheet
from workflows.roles import TABLE, Verb, demand
from workflows.staff import Who

HERE = "/worklist/report"
STYLE = (shell.HOME / "report.css").read_text("utf-8")
OWNERS_SAY = "Figures by team and person are for managers and admins. Split by something else."
NO_REPORT = "No such report"
NO_PICTURE = "There is no such picture, or too little to draw it from."
KEPT_S, MOST_KEPT = 60.0, 8
Facts = dict[str, Any]


class Gather(Protocol):
    """Where a sheet comes from; `owners`: whether it may name teams and people."""

    def __call__(self, session: Session, asked: Asked, *, owners: bool) -> Sheet:
        """What was found."""


@dataclass(frozen=True)
class Read:
    """One request, answered: what was asked, what was found, and the words of its frame."""

    wanted: Wanted
    sheet: Sheet
    facts: Facts
    org: UUID
    owners: bool

    @property
    def name(self) -> str:
        """Of a file: the days and nothing else."""
        period = self.sheet.asked.period
        return f"careloop-report-{period.first}-{period.last}"


class JustRead:
    """The sheets of the last minute, for the pictures that a browser asks for right after the page."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, Asked, bool], tuple[float, Sheet]] = {}

    def keep(self, found: Read) -> None:
        """This one, and none that is older than a minute; at most a few."""
        at = clock.monotonic()
        young = [item for item in self._kept.items() if at - item[1][0] < KEPT_S][-MOST_KEPT:]
        self._kept = dict(young) | {(found.org, found.sheet.asked, found.owners): (at, found.sheet)}

    def sheet(self, org: UUID, asked: Asked, owners: bool) -> Sheet | None:
        """What this person could have read just now; None when it is gone."""
        at, sheet = self._kept.get((org, asked, owners), (0.0, None))
        return sheet if clock.monotonic() - at < KEPT_S else None


class Report(Pages):
    """The handlers. Every one of them writes down that it was read, and by whom."""

    def __init__(self, deps: Deps, gather: Gather) -> None:
        super().__init__(deps)
        self._gather = gather
        self._just_read = JustRead()

    def look(self, request: Request) -> Response:
        """The page."""
        found = self._read(request, reads.VIEWED)
        self._just_read.keep(found)
        return page("report.html", {"proof": shell.proof(self._token(request)), "linked": True} | found.facts)

    def picture(self, name: str, request: Request) -> Response:
        """One of the page's pictures: drawn apart, so that the page waits for none."""
        if name not in digest_pictures.ON_PAGE:
            raise NoPage(404, NO_PICTURE, title=NO_REPORT)
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.SEE_REPORT)
            wanted = _wanted(session, request.query_params, who)
            asked, owners, org = _asked(session, wanted), _sees_owners(who), org_of(session)
            sheet = self._just_read.sheet(org, asked, owners) or self._gather(session, asked, owners=owners)
            reads.written_down(session, who, wanted, form="png", picture=name)
        drawn = digest_pictures.draw(sheet.digest, [name])
        if not drawn:
            raise NoPage(404, NO_PICTURE, title=NO_REPORT)
        return Response(drawn[0].png, media_type="image/png")

    def table(self, request: Request) -> Response:
        """What the page shows, as CSV."""
        found = self._read(request, reads.DOWNLOADED, form="csv")
        return _file(report_csv.build(found.sheet).encode("utf-8-sig"), f"{found.name}.csv", "text/csv; charset=utf-8")

    def file(self, request: Request) -> Response:
        """The page in one file that needs no network."""
        found = self._read(request, reads.DOWNLOADED, form="html")
        drawn = digest_pictures.draw(found.sheet.digest, digest_pictures.ON_PAGE)
        inline = {"pictures": [_inline(one) for one in drawn]}
        made = page("report_file.html", {"style": shell.STYLE + STYLE, "linked": False} | found.facts | inline)
        return _file(bytes(made.body), f"{found.name}.html", "text/html; charset=utf-8")

    def leadership(self, request: Request) -> Response:
        """One month on one sheet of paper."""
        found = self._read(request, reads.DOWNLOADED, form="pdf")
        made = leadership.build(found.sheet, clinic=found.facts["clinic"])
        return _file(made, f"{found.name}.pdf", "application/pdf")

    def _read(self, request: Request, action: str, **how: str) -> Read:
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.SEE_REPORT)
            wanted = _wanted(session, request.query_params, who)
            asked = _asked(session, wanted)
            sheet = self._gather(session, asked, owners=_sees_owners(who))
            zone = local_days.zone(session)
            reads.written_down(session, who, wanted, action=action, **how)
            facts = _frame(session, who, wanted) | report_view.facts(sheet, zone=zone)
            facts["pictures"] = [
                {"src": f"{HERE}/{one.name}.png?{wanted.query}", "alt": one.alt(sheet.digest)}
                for one in digest_pictures.there(sheet.digest, digest_pictures.ON_PAGE)
            ]
            org, owners = org_of(session), _sees_owners(who)
        return Read(wanted, sheet, facts, org=org, owners=owners)


def router(deps: Deps, gather: Gather) -> APIRouter:
    """The report's addresses."""
    pages, routes = Report(deps, gather), APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get(HERE)
    def look(request: Request) -> Response:
        return pages.look(request)

    @routes.get(f"{HERE}/{{name}}.png")
    def picture(name: str, request: Request) -> Response:
        return pages.picture(name, request)

    @routes.get(f"{HERE}.css")
    def style() -> Response:
        return Response(STYLE, media_type="text/css")

    @routes.get(f"{HERE}.csv")
    def table(request: Request) -> Response:
        return pages.table(request)

    @routes.get(f"{HERE}.pdf")
    def leaders(request: Request) -> Response:
        return pages.leadership(request)

    @routes.get(f"{HERE}.html")
    def file(request: Request) -> Response:
        return pages.file(request)

    return routes


def _wanted(session: Session, sent: Mapping[str, str], who: Who) -> Wanted:
    """NoPage with a sentence for what there is none of, and for what this role may not see."""
    try:
        found = report_link.wanted(sent.get("program", ""), sent.get("period", ""), sent.get("by", ""))
    except Refused as refusal:
        raise NoPage(404, refusal.say, title=NO_REPORT) from refusal
    if found.program and found.program not in dict(reports.programs(session)):
        raise NoPage(404, "There is no such program here. Open the report and pick one.", title=NO_REPORT)
    if found.by in OF_STAFF and not _sees_owners(who):
        raise NoPage(403, OWNERS_SAY)
    return found


def _asked(session: Session, wanted: Wanted) -> Asked:
    try:
        return Asked(wanted.days(local_days.today(session)), wanted.program or None, wanted.by)
    except Refused as refusal:
        raise NoPage(404, refusal.say.replace("`", ""), title=NO_REPORT) from refusal


def _sees_owners(who: Who) -> bool:
    return Verb.SEE_KPIS in TABLE[who.role]


def _frame(session: Session, who: Who, wanted: Wanted) -> Facts:
    """What stands around the figures."""
    today = local_days.today(session)
    periods = {code: said.capitalize() for code, said in PERIODS.items()}
    if wanted.period not in periods:
        periods[wanted.period] = wanted.days(today).words
    month = wanted.days(today).last
    return {
        "who": who.name,
        "clinic": surroundings.organisation_of(session).name,
        "programs": reports.programs(session),
        "periods": list(periods.items()),
        "cuts": [(code, said) for code, said in CUTS.items() if code not in OF_STAFF or _sees_owners(who)],
        "chosen": {"program": wanted.program, "period": wanted.period, "by": wanted.by},
        "query": wanted.query,
        "month": f"{month:%B %Y}",
        "query_pdf": Wanted(wanted.program, f"{month:%Y-%m}").query,
    }


def _inline(picture: Picture) -> Facts:
    return {"src": f"data:image/png;base64,{b64encode(picture.png).decode()}", "alt": picture.alt}


def _file(body: bytes, name: str, kind: str) -> Response:
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
