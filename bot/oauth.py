"""Slack's OAuth: where a browser is sent, and the three calls of an app about itself. Never waits, never repeats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from logging import CRITICAL, getLogger
from typing import Any, NoReturn
from urllib.parse import urlencode

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.manifest import BOT_SCOPES
from core.errors import Misconfigured, Permanent, Temporary, Unknown
from workflows.slack_installs import Granted
from workflows.slack_tokens import Fresh

WRONG_APP = frozenset(
    {"invalid_client_id", "bad_client_secret", "bad_redirect_uri", "oauth_authorization_url_mismatch"}
)
TOO_LATE = frozenset({"invalid_code", "code_already_used", "code_expired"})
NOT_BOT = "no_bot"
TIMEOUT_S = 10
_THROTTLED = frozenset({"ratelimited", "rate_limited"})
_ILL = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})


@dataclass(frozen=True, slots=True)
class App:
    """Our Slack app, as Slack knows it."""

    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    api_base_url: str
    redirect_uri: str


class OAuth:
    """What an app asks of Slack in its own name."""

    def __init__(self, app: App) -> None:
        self._app = app

    def address(self, state: str) -> str:
        """Where a browser goes to be asked: exactly the scopes of the manifest, and back to us with `state`."""
        asked = {
            "client_id": self._app.client_id,
            "scope": ",".join(BOT_SCOPES),
            "redirect_uri": self._app.redirect_uri,
            "state": state,
        }
        return f"{self._app.authorize_url}?{urlencode(asked)}"

    def exchange(self, code: str) -> Granted:
        """What a code is good for, and whose bot it is by the token's own word. Permanent with Slack's word when it is not taken."""
        said = self._app_asks("oauth.v2.access", {"code": code, "redirect_uri": self._app.redirect_uri})
        token, kind = said.get("access_token"), said.get("token_type")
        if not isinstance(token, str) or kind != "bot" or not said.get("bot_user_id"):
            raise Permanent("oauth.v2.access: no bot was granted", code=NOT_BOT)
        team, enterprise = _part(said, "team"), _part(said, "enterprise")
        org_wide = bool(said.get("is_enterprise_install"))
        place = enterprise if org_wide else team
        whose = _ask("auth.test", {}, api_base_url=self._app.api_base_url, token=token)
        if (
            not place.get("id")
            or whose.get("user_id") != said["bot_user_id"]
            or not _same(whose, place["id"], org_wide)
        ):
            raise Permanent("auth.test: the token is of another place", code=NOT_BOT)
        return Granted(
            place=str(place["id"]),
            org_wide=org_wide,
            enterprise_id=str(enterprise["id"]) if enterprise.get("id") else None,
            name=str(place.get("name") or place["id"])[:200],
            app_id=str(said.get("app_id") or ""),
            bot_id=str(whose.get("bot_id") or ""),
            bot_user_id=str(said["bot_user_id"]),
            scopes=tuple(filter(None, str(said.get("scope") or "").split(","))),
            token=token,
            refresh_token=str(said["refresh_token"]) if said.get("refresh_token") else None,
            expires_in_s=int(said["expires_in"]) if said.get("expires_in") else None,
            by=str(_part(said, "authed_user").get("id") or ""),
        )

    def refresh(self, refresh_token: str) -> Fresh:
        """A newer pair. Permanent with Slack's word when there is none; Unknown when no clear answer came: the old one may be spent."""
        asked = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        said = self._app_asks("oauth.v2.access", asked)
        token, newer, lasts = said.get("access_token"), said.get("refresh_token"), said.get("expires_in")
        if not (isinstance(token, str) and isinstance(newer, str) and isinstance(lasts, int)):
            raise Permanent("oauth.v2.access: no pair of tokens", code="no_pair")
        return Fresh(token, newer, lasts)

    def uninstall(self, token: str) -> None:
        """Remove the app from where this token is of: all its tokens end. Permanent when they had ended before."""
        mine = {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        _ask("apps.uninstall", mine, api_base_url=self._app.api_base_url, token=token)

    def _app_asks(self, method: str, body: dict[str, str]) -> Mapping[str, Any]:
        mine = {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        return _ask(method, body, api_base_url=self._app.api_base_url, auth=mine)


def alive(token: str, *, api_base_url: str) -> str:
    """Empty when Slack takes this token, else Slack's word for why not. Temporary or Unknown when it gave no clear answer."""
    try:
        _ask("auth.test", {}, api_base_url=api_base_url, token=token)
    except Permanent as error:
        return error.code
    return ""


def missing_scopes(granted: Granted) -> list[str]:
    """What Careloop needs and was not granted."""
    return sorted(set(BOT_SCOPES) - set(granted.scopes))


def demand(client_id: str | None, client_secret: str | None) -> None:
    """Misconfigured unless both halves of the app's identity are set."""
    if not client_id or not client_secret:
        raise Misconfigured(
            "SLACK_CLIENT_ID or SLACK_CLIENT_SECRET is not set",
            fix="Copy both from the Slack app's Basic Information page, or connect by a pasted token (docs/slack_install.md).",
        )


def _ask(
    method: str,
    body: dict[str, str],
    *,
    api_base_url: str,
    token: str | None = None,
    auth: dict[str, str] | None = None,
) -> Mapping[str, Any]:
    quiet = getLogger("careloop.slack_sdk")
    quiet.setLevel(CRITICAL)  # the SDK writes whole requests to its log
    slack = WebClient(token, base_url=api_base_url, timeout=TIMEOUT_S, retry_handlers=[], logger=quiet)
    try:
        answer = slack.api_call(method, data=body, auth=auth)
    except SlackApiError as error:
        _refuse(method, error)
    except (OSError, HTTPException, UnicodeError, SlackClientError) as error:
        raise Unknown(f"{method}: no clear answer ({type(error).__name__})", silent="slack") from None
    return answer.data if isinstance(answer.data, dict) else {}


def _part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = said.get(name)
    return part if isinstance(part, Mapping) else {}


def _same(whose: Mapping[str, Any], place: str, org_wide: bool) -> bool:
    return whose.get("enterprise_id" if org_wide else "team_id") == place


def _refuse(method: str, error: SlackApiError) -> NoReturn:
    status, code = error.response.status_code, str(error.response.get("error", ""))[:60]
    if status == 429 or code in _THROTTLED:
        wait = str(error.response.headers.get("Retry-After", "")) if error.response.headers else ""
        raise Temporary(
            f"{method}: Slack asks to wait", retry_after_s=float(wait) if wait.isdigit() else 5, throttled=True
        ) from None
    if status >= 500 or code in _ILL or not code.replace("_", "").isalnum():
        raise Unknown(f"{method}: no clear answer (HTTP {status})", silent="slack") from None
    raise Permanent(f"{method}: {code}", code=code) from None
