"""Sign-in without Slack: an e-mail, then the code that came by text. The answer is the same whether the e-mail is known or not."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from handlers.deps import Deps
from handlers.pages import shell
from handlers.pages.shell import Form, NoPage, page, posted
from workflows import page_access, sign_in

COOKIE = "careloop-code"
BLANK = "Type your e-mail address. Nothing was sent."


def router(deps: Deps) -> APIRouter:
    """/sign-in and what its two forms are sent to."""
    routes = APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get("/sign-in")
    def form() -> Response:
        return page("sign_in.html", {"say": ""})

    @routes.post("/sign-in")
    def ask(form: Form = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return _ask(deps, form)

    @routes.post("/sign-in/code")
    def enter(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008
        return _enter(deps, request, form)

    return routes


def _ask(deps: Deps, form: Form) -> Response:
    email = form.get("email", "").strip()
    if not email:
        return page("sign_in.html", {"say": BLANK}, status=422)
    token, blank = None, ""
    for org in deps.db.orgs():  # all of them, however soon one knows it
        with deps.db.begin(org=org) as session:
            mine = sign_in.ask(session, email)
            token, blank = token or mine, page_access.token(session)
    token = token or blank
    response = page("sign_in_code.html", {"say": "", "proof": shell.proof(token)})
    _keep(deps, response, token)
    return response


def _enter(deps: Deps, request: Request, form: Form) -> Response:
    token = request.cookies.get(_name(deps))
    if not token:
        raise NoPage(401, "The page was open for too long. Ask for a new code.", title="Sign in again")
    shell.demand_proof(form, token)
    org = page_access.org_of_token(token)
    if org not in deps.db.orgs():
        raise NoPage(401, sign_in.WRONG, title="Sign in again")
    with deps.db.begin(org=org) as session:
        secret = sign_in.enter(session, token, form.get("code", "")[:40])
    if secret is None:
        return page("sign_in_code.html", {"say": sign_in.WRONG, "proof": shell.proof(token)}, status=403)
    response = RedirectResponse("/worklist", status_code=303)
    shell.keep_signed_in(response, deps.settings.public_origin, secret)
    response.delete_cookie(_name(deps), path="/", secure=_https(deps), httponly=True)
    return response


def _keep(deps: Deps, response: Response, token: str) -> None:
    seconds = int(sign_in.CODE_FOR.total_seconds())
    response.set_cookie(
        _name(deps), token, path="/", max_age=seconds, httponly=True, samesite="strict", secure=_https(deps)
    )


def _name(deps: Deps) -> str:
    return f"__Host-{COOKIE}" if _https(deps) else COOKIE


def _https(deps: Deps) -> bool:
    return deps.settings.public_origin.startswith("https://")
