"""The page's addresses. Every handler is plain `def`: FastAPI runs it in the thread pool, where the database may be waited for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from handlers.deps import Deps
from handlers.pages import readings, shell, views, words
from handlers.pages.shell import Form, NoPage, page, posted
from workflows import booking, casefile, cases, closing, interpreting, page_access, replies, worklist
from workflows.page_access import SignedOut
from workflows.roles import Verb, demand
from workflows.staff import Who

Act = Callable[[Session, UUID, Who, Form], object]
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

    def desk(self, request: Request) -> Response:
        """The worklist."""
        team, whose = _asked_team(request), request.query_params.get("show", "")
        shown = worklist.Shown(_asked_page(request), whose if whose in worklist.WHOSE else "")
        with self._signed_in(request) as (session, who):
            found = worklist.load(session, who, team=team, shown=shown)
            facts = views.desk(session, who, found, team=team) | views.filters(team, shown.whose)
        return page("worklist.html", {"proof": shell.proof(self._token(request))} | facts)

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
                ACTS[verb](session, case_id, who, form)
        except SignedOut as refusal:
            raise NoPage(401, refusal.say, title="Signed out", kept=_typed(form)) from refusal
        except NoPage:
            raise
        except Refused as refusal:
            return self._case(cas_id, request, told=views.Told("refused", refusal.say, verb, form))
        return RedirectResponse(f"/worklist/case/{show('cas', case_id)}?done={verb}", status_code=303)

    def _case(self, cas_id: str, request: Request, *, told: views.Told | None = None, done: str = "") -> Response:
        case_id = _case_id(cas_id)
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.READ_CASE)
            try:
                file = casefile.load(session, case_id, who=who)
            except Refused as refusal:
                raise NoPage(404, NO_CASE, title="No such case") from refusal
            said = views.reply_flash(file, session, who) if done == "reply" else words.DONE.get(done, "")
            happened = told or (views.Told("done", said) if said else None)
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

    @routes.get("/worklist")
    def desk(request: Request) -> Response:
        return pages.desk(request)

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


def _claim(session: Session, case_id: UUID, who: Who, _form: Form) -> object:
    return cases.claim(session, case_id, by=who)


def _release(session: Session, case_id: UUID, who: Who, _form: Form) -> object:
    return cases.release(session, case_id, by=who)


def _close(session: Session, case_id: UUID, who: Who, form: Form) -> object:
    note = form.get("note", "").strip() or None
    heard = interpreting.told(form.get("interpreter"), form.get("language"), form.get("how"))
    return closing.close(session, case_id, form.get("disposition", ""), note=note, interpreted=heard, by=who)


def _reschedule(session: Session, case_id: UUID, who: Who, form: Form) -> object:
    if not form.get("slot"):
        raise Refused("Pick a time first. Nothing was booked.")
    return booking.choose(session, case_id, parse("slt", form["slot"]), by=who)


def _reply(session: Session, case_id: UUID, who: Who, form: Form) -> object:
    try:
        form_id = UUID(form.get("form_id", ""))
    except ValueError as error:
        raise Refused("This form cannot be read. Nothing was sent. Send it again.") from error
    return replies.reply(session, case_id, form.get("text", ""), by=who, form_id=form_id)


ACTS: dict[str, Act] = {
    "claim": _claim,
    "release": _release,
    "close": _close,
    "reschedule": _reschedule,
    "reply": _reply,
    "correct": readings.correct,
}


def _case_id(cas_id: str) -> UUID:
    try:
        return parse("cas", cas_id)
    except Refused as refusal:
        raise NoPage(404, NO_CASE, title="No such case") from refusal


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


def _typed(form: Form) -> str:
    return form.get("text") or form.get("note") or ""
