"""The page's addresses. Every handler is plain `def`: FastAPI runs it in the thread pool, where the database may be waited for."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from handlers.deps import Deps
from handlers.pages import shell, verb_words, views
from handlers.pages.shell import Form, NoPage, page, posted
from handlers.pages.verb_acts import ACTS, Done
from workflows import casefile, page_access
from workflows.casefile import CaseFile
from workflows.page_access import SignedOut
from workflows.roles import Verb, demand
from workflows.staff import Who

NO_CASE = "There is no such case here. The link may be cut off; open the case from the worklist."


class Pages:
    """The handlers, with what they work with."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._orgs: set[UUID] = set()

    def link(self, token: str) -> Response:
        """Show one button. Nothing is changed: Slack and mail scanners fetch links before people do."""
        with self._deps.db.begin(org=self._org(token)) as session:
            page_access.look_at_link(session, token)
        return page("open.html", {"token": token})

    def enter(self, token: str, _form: Form) -> Response:
        """Spend the link, begin the session."""
        with self._deps.db.begin(org=self._org(token)) as session:
            _, case_id, secret = page_access.use_link(session, token)
        where = f"/worklist/case/{show('cas', case_id)}" if case_id else "/worklist"
        response = RedirectResponse(where, status_code=303)
        shell.keep_signed_in(response, self._deps.settings.public_origin, secret)
        return response

    def leave(self, request: Request, form: Form) -> Response:
        """End the session."""
        token = self._token(request)
        shell.demand_proof(form, token)
        with self._deps.db.begin(org=self._org(token)) as session:
            page_access.sign_out(session, token)
        response = shell.notice(200, "Signed out", f"You are signed out. {page_access.NEW_LINK}")
        response.delete_cookie(
            shell.cookie_name(self._deps.settings.public_origin),
            secure=self._deps.settings.public_origin.startswith("https://"),
            httponly=True,
        )
        return response

    def case(self, cas_id: str, request: Request) -> Response:
        """One case."""
        return self._case(cas_id, request, done=request.query_params.get("done", ""))

    def act(self, cas_id: str, verb: str, request: Request, form: Form) -> Response:
        """Do one thing, then show the case: by a redirect when done, at once with all that was typed when refused."""
        token, case_id = self._token(request, form), _case_id(cas_id)
        if verb not in ACTS:
            raise NoPage(404, "There is no such button. Nothing was changed.")
        try:
            shell.demand_proof(form, token)
            with self._signed_in(request) as (session, who):
                made = ACTS[verb](session, case_id, who, form) or Done()
        except SignedOut as refusal:
            raise NoPage(401, refusal.say, title="Signed out", kept=_typed(form)) from refusal
        except NoPage:
            raise
        except Refused as refusal:
            return self._case(cas_id, request, told=views.Told("refused", refusal.say, verb, form))
        more = "".join(f"&{name}={id_}" for name, id_ in (("undo", made.undo), ("about", made.about)) if id_)
        return RedirectResponse(f"/worklist/case/{show('cas', case_id)}?done={verb}{more}", status_code=303)

    def _case(self, cas_id: str, request: Request, *, told: views.Told | None = None, done: str = "") -> Response:
        case_id = _case_id(cas_id)
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.READ_CASE)
            try:
                file = casefile.load(session, case_id, who=who)
            except Refused as refusal:
                raise NoPage(404, NO_CASE, title="No such case") from refusal
            happened = told or _happened(session, who, file, request, done=done)
            facts = views.case(session, who, file, told=happened, correcting=request.query_params.get("correct", ""))
        status = 200 if told is None else 403 if file.hindrance else 409
        return page("case.html", {"proof": shell.proof(self._token(request))} | facts, status=status)

    @contextmanager
    def _signed_in(self, request: Request) -> Iterator[tuple[Session, Who]]:
        token = self._token(request)
        try:
            org = self._org(token)
        except Refused as refusal:
            raise SignedOut(f"You are not signed in. {page_access.NEW_LINK}") from refusal
        with self._deps.db.begin(org=org) as session:
            yield session, page_access.session_who(session, token)

    def _token(self, request: Request, form: Form | None = None) -> str:
        token = request.cookies.get(shell.cookie_name(self._deps.settings.public_origin))
        if not token:
            say = f"You are not signed in. {page_access.NEW_LINK}"
            raise NoPage(401, say, title="Signed out", kept=_typed(form or {}))
        return token

    def _org(self, token: str) -> UUID:
        org = page_access.org_of_token(token)
        if org not in self._orgs:
            self._orgs = set(self._deps.db.orgs())
        if org not in self._orgs:
            raise Refused(f"This link is not complete, or not one of ours. {page_access.NEW_LINK}")
        return org


def router(deps: Deps) -> APIRouter:
    """The signed-in page's addresses, for the web process to include."""
    pages, routes = Pages(deps), APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get("/open/{token}")
    def link(token: str) -> Response:
        return pages.link(token)

    @routes.post("/open/{token}")
    def enter(token: str, form: Form = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return pages.enter(token, form)

    @routes.get("/worklist/page.css")
    def style() -> Response:
        return Response(shell.STYLE, media_type="text/css")

    @routes.post("/worklist/sign-out")
    def leave(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008
        return pages.leave(request, form)

    @routes.get("/worklist/case/{cas_id}")
    def case(cas_id: str, request: Request) -> Response:
        return pages.case(cas_id, request)

    @routes.post("/worklist/case/{cas_id}/{verb}")
    def act(cas_id: str, verb: str, request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008
        return pages.act(cas_id, verb, request, form)

    return routes


def _happened(session: Session, who: Who, file: CaseFile, request: Request, *, done: str) -> views.Told | None:
    """What the address says was done just now, as it came out."""
    about, undo = request.query_params.get("about", ""), request.query_params.get("undo", "")
    if done == "reply":
        said = views.reply_flash(file, session, who)
    else:
        said = verb_words.said(session, file, done, about=about)
    return views.Told("done", said, done, undo=verb_words.step_of(undo)) if said else None


def _case_id(cas_id: str) -> UUID:
    try:
        return parse("cas", cas_id)
    except Refused as refusal:
        raise NoPage(404, NO_CASE, title="No such case") from refusal


def _typed(form: Form) -> str:
    return form.get("text") or form.get("note") or ""
