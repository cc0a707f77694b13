"""What every answer of the page shares: its headers, how refusals become pages, the cookie, and proof that a form is ours."""

import hashlib
import hmac
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.errors import Refused
from workflows.page_access import SignedOut

HOME = Path(__file__).parent
STYLE = (HOME / "page.css").read_text("utf-8")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
MOST_FORM_BYTES = 32_768
MOST_FIELDS = 20
Form = dict[str, str]

_pages = Environment(
    loader=FileSystemLoader(HOME / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class NoPage(Refused):
    """The answer is a page with one sentence; `kept` is what somebody typed, given back to them."""

    def __init__(self, status: int, say: str, *, title: str = "Not possible", kept: str = "") -> None:
        super().__init__(say)
        self.status = status
        self.title = title
        self.kept = kept


class PageRoute(APIRoute):
    """Turns refusals into pages and puts the headers on every answer."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await answer(request)
            except NoPage as refusal:
                response = notice(refusal.status, refusal.title, refusal.say, kept=refusal.kept)
            except SignedOut as refusal:
                response = notice(401, "Signed out", refusal.say)
            except Refused as refusal:
                response = notice(403, "Not possible", refusal.say)
            response.headers.update(HEADERS)
            return response

        return handle


def page(name: str, facts: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
    """Render a template; everything in it is escaped."""
    return HTMLResponse(_pages.get_template(name).render(facts), status_code=status)


def notice(status: int, title: str, say: str, *, kept: str = "") -> HTMLResponse:
    """A page that says one thing."""
    return page("notice.html", {"title": title, "say": say, "kept": kept}, status=status)


async def posted(request: Request) -> Form:
    """The fields of a form that one of our pages sent; NoPage for anything else. Browsers say truly where a post comes from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NoPage(403, "This form was sent by another site. Nothing was changed.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            raise NoPage(413, "That is too long. Nothing was changed. Go back and shorten it.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise NoPage(400, "This form cannot be read. Nothing was changed. Open the page again.") from error


def cookie_name(origin: str) -> str:
    """Bound to this host and to https where there is https (plain http is for loopback only)."""
    return "__Host-careloop" if origin.startswith("https://") else "careloop"


def keep_signed_in(response: Response, origin: str, token: str) -> None:
    """Set the session cookie: out of reach of scripts; Lax, because the first request comes from Slack. It ends with the browser."""
    response.set_cookie(
        cookie_name(origin), token, path="/", httponly=True, samesite="lax", secure=origin.startswith("https://")
    )


def proof(token: str) -> str:
    """What a form must carry: made from the session's secret, so no other page or person can know it."""
    return hmac.new(token.encode(), b"careloop page form", hashlib.sha256).hexdigest()


def demand_proof(form: Form, token: str) -> None:
    """NoPage unless the form was made for this session."""
    if not hmac.compare_digest(form.get("proof", "").encode(), proof(token).encode()):
        raise NoPage(403, "This form belongs to another sign-in. Nothing was changed. Open the page again.")
