"""Installing by OAuth: the page that asks a person, codes, tokens that expire and are renewed, and their end. As strict as Slack."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox.slack.answers import ApiError
from sandbox.slack.faults import Call, Fault

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
CODE_S = 600.0
LASTS_S = 43_200
MOST_ACTIVE = 2  # tokens of one install, where they are rotated
FIELDS = ("client_id", "scope", "redirect_uri", "state")


@dataclass
class Code:
    place: str
    scopes: frozenset[str]
    redirect_uri: str
    user: str
    issued_at: float
    used: bool = False


@dataclass
class Token:
    """`over` is Slack's word for a token that ended."""

    place: str
    scopes: frozenset[str]
    expires_at: float | None = None
    over: str | None = None


@dataclass
class Grants:
    """Everything one app was ever given, by what it was given."""

    machine: Callable[[], float]
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    refreshes: dict[str, Token] = field(default_factory=dict)

    def check(self, said: str) -> Token:
        """A token that counts; ApiError with the word Slack has for any other."""
        for name, token in self.tokens.items():
            if hmac.compare_digest(name.encode(), said.encode()):
                if token.over:
                    raise ApiError(token.over)
                if token.expires_at is not None and token.expires_at <= self.machine():
                    raise ApiError("token_expired")
                return token
        raise ApiError("invalid_auth")

    def known(self, said: str) -> bool:
        """Whether a token counts."""
        try:
            self.check(said)
        except ApiError:
            return False
        return True

    def code(self, place: str, scopes: frozenset[str], *, redirect_uri: str, user: str) -> str:
        name = f"{secrets.randbelow(10**12)}.{secrets.token_hex(24)}"
        self.codes[name] = Code(place, scopes, redirect_uri, user, self.machine())
        return name

    def spend(self, name: str, redirect_uri: str) -> Code:
        """Once, within ten minutes, and with the address it was asked for with."""
        code = self.codes.get(name)
        if code is None or self.machine() - code.issued_at > CODE_S:
            raise ApiError("invalid_code")
        if code.used:
            raise ApiError("code_already_used")
        if code.redirect_uri != redirect_uri:
            raise ApiError("bad_redirect_uri")
        code.used = True
        return code

    def issue(self, place: str, scopes: frozenset[str], *, rotates: bool) -> Json:
        """A token for a place; one that does not rotate stays the same however often the app is installed."""
        if not rotates:
            live = [
                name for name, one in self.tokens.items() if one.place == place and not one.over and not one.expires_at
            ]
            name = live[0] if live else f"xoxb-{secrets.token_hex(20)}"
            self.tokens[name] = Token(place, scopes)
            return {"access_token": name}
        name, again = f"xoxe.xoxb-1-{secrets.token_hex(30)}", f"xoxe-1-{secrets.token_hex(30)}"
        self.tokens[name] = Token(place, scopes, expires_at=self.machine() + LASTS_S)
        self.refreshes[again] = Token(place, scopes)
        active = [one for one in self.tokens.values() if one.place == place and one.expires_at and not one.over]
        for old in active[:-MOST_ACTIVE]:
            old.over = "token_revoked"
        return {"access_token": name, "refresh_token": again, "expires_in": LASTS_S}

    def renew(self, refresh_token: str) -> Json:
        """A newer pair for a refresh token that was never used."""
        spent = self.refreshes.get(refresh_token)
        if spent is None or spent.over:
            raise ApiError("invalid_refresh_token")
        spent.over = "used"
        return self.issue(spent.place, spent.scopes, rotates=True) | {"place": spent.place, "scopes": spent.scopes}

    def live(self, place: str) -> bool:
        """Whether the app is installed there."""
        return bool(place) and any(one.place == place and not one.over for one in self.tokens.values())

    def end(self, place: str, word: str) -> None:
        """Nothing that was given for this place counts any more."""
        for token in (*self.tokens.values(), *self.refreshes.values()):
            if token.place == place and not token.over:
                token.over = word

    def revoke(self, said: str) -> bool:
        """One token; whether it was the place's last."""
        token = self.check(said)
        token.over = "token_revoked"
        left = [one for one in self.tokens.values() if one.place == token.place and not one.over]
        if not left:
            self.end(token.place, "token_revoked")
        return not left


def routes(ws: Workspace) -> APIRouter:
    """The page that asks, and the one method that needs no token."""
    router = APIRouter()

    @router.get("/slack/oauth/v2/authorize")
    async def ask(request: Request) -> Response:
        asked = {name: request.query_params.get(name, "") for name in FIELDS}
        return _unfit(ws, asked) or HTMLResponse(_page(ws, asked))

    @router.post("/slack/oauth/v2/authorize")
    async def decide(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        asked = {name: form.get(name, "") for name in FIELDS}
        return _unfit(ws, asked) or _decided(ws, asked, form)

    @router.post("/slack/api/oauth.v2.access")
    async def access(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        fault = ws.faults.take("oauth.v2.access")
        if fault and fault.drop == "request":
            return _lost()
        status = 200
        try:
            answer = _access(ws, request, form, fault)
        except ApiError as refusal:
            answer, status = refusal.body(), refusal.status
        shown = {name: value for name, value in form.items() if name == "grant_type"}
        ws.calls.add(
            Call("oauth.v2.access", shown, {"ok": answer["ok"], "error": answer.get("error")}, status, ws.machine())
        )
        return _lost() if fault and fault.drop == "answer" else JSONResponse(answer, status)

    return router


def _lost() -> Response:
    from sandbox.slack.api import LostAnswer

    return LostAnswer()


def _unfit(ws: Workspace, asked: Json) -> Response | None:
    """Slack's own page for what an app asks wrongly; the person is never sent back to an address that is not the app's."""
    app = ws.config.oauth
    why = ""
    if app is None or asked["client_id"] != app.client_id:
        why = "invalid_client_id"
    elif not any(
        asked["redirect_uri"] == url or asked["redirect_uri"].startswith(f"{url}/") for url in app.redirect_urls
    ):
        why = "bad_redirect_uri"
    elif not set(asked["scope"].split(",")) <= ws.config.scopes:
        why = "invalid_scope"
    return HTMLResponse(f"<h1>Something is wrong with this app's link: {why}</h1>", 400) if why else None


def _page(ws: Workspace, asked: Json) -> str:
    kept = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items())
    choices = "".join(f'<option value="{escape(key)}">{escape(name)}</option>' for key, name in ws.places().items())
    scopes = "".join(f"<li>{escape(scope)}</li>" for scope in asked["scope"].split(","))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Allow Careloop?</title><main><h1>Careloop asks to come in</h1>'
        f'<ul>{scopes}</ul><form method="post"><label>Where <select name="place">{choices}</select></label>{kept}'
        '<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Cancel</button></form></main></html>'
    )


def _decided(ws: Workspace, asked: Json, form: Json) -> Response:
    back = {"state": asked["state"]}
    if form.get("decision") != "allow":
        return _back(asked, {"error": "access_denied"} | back)
    place = form.get("place", "")
    if place not in ws.places():
        return HTMLResponse("<h1>This app cannot be installed there</h1>", 400)
    scopes = frozenset(asked["scope"].split(","))
    user = form.get("user") or next(iter(ws.people), "U0ADMIN")
    return _back(asked, {"code": ws.grants.code(place, scopes, redirect_uri=asked["redirect_uri"], user=user)} | back)


def _back(asked: Json, said: Json) -> Response:
    return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(said)}", 302)


def _access(ws: Workspace, request: Request, form: Json, fault: Fault | None) -> Json:
    if fault and fault.refuses:
        raise ApiError(fault.error or "internal_error", status=fault.status or 200)
    app = ws.config.oauth
    client, secret = _client(request, form)
    if app is None or client != app.client_id:
        raise ApiError("invalid_client_id")
    if not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        raise ApiError("bad_client_secret")
    if form.get("grant_type") == "refresh_token":
        if not app.rotates:
            raise ApiError("token_rotation_not_enabled")
        given = ws.grants.renew(form.get("refresh_token", ""))
        return _answer(ws, given.pop("place"), given.pop("scopes"), given, user="")
    if form.get("grant_type") not in (None, "authorization_code"):
        raise ApiError("invalid_grant_type")
    code = ws.grants.spend(form.get("code", ""), form.get("redirect_uri", ""))
    given = ws.grants.issue(code.place, code.scopes, rotates=app.rotates)
    return _answer(ws, code.place, code.scopes, given, user=code.user)


def _client(request: Request, form: Json) -> tuple[str, str]:
    """By HTTP Basic, or in the form."""
    header = request.headers.get("authorization", "")
    if header.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as bad:
            raise ApiError("invalid_client_id") from bad
        return name, secret
    return str(form.get("client_id", "")), str(form.get("client_secret", ""))


def _answer(ws: Workspace, place: str, scopes: frozenset[str], given: Json, *, user: str) -> Json:
    config = ws.of_place(place).config
    wide = place == config.enterprise_id
    enterprise = {"id": config.enterprise_id, "name": config.enterprise_name} if config.enterprise_id else None
    return {
        "ok": True,
        "app_id": config.app_id,
        "authed_user": {"id": user} if user else {},
        "scope": ",".join(sorted(scopes)),
        "token_type": "bot",
        "bot_user_id": config.bot_user_id,
        "team": None if wide else {"id": config.team_id, "name": config.team_name},
        "enterprise": enterprise,
        "is_enterprise_install": wide,
        **given,
    }


def auth_revoke(ws: Workspace, said: str) -> Json:
    """The token ends; with the last one the app is gone from the place."""
    token = ws.grants.check(said)
    last = ws.grants.revoke(said)
    ws.tell_ended(token.place, uninstalled=last)
    return {"ok": True, "revoked": True}


def apps_uninstall(ws: Workspace, token: Token, args: Json) -> Json:
    """The app removes itself from where its token is of."""
    app = ws.config.oauth
    if app is None or args.get("client_id") != app.client_id:
        raise ApiError("invalid_client_id")
    if not hmac.compare_digest(str(args.get("client_secret", "")).encode(), app.client_secret.encode()):
        raise ApiError("bad_client_secret")
    uninstall(ws, token.place)
    return {"ok": True}


def uninstall(ws: Workspace, place: str) -> None:
    """Somebody removed the app from a place, or the app itself did."""
    ws.grants.end(place, "account_inactive")
    ws.tell_ended(place, uninstalled=True)
