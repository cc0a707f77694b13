"""Slack's Web API, spoken once: its answers turned into our errors. Never waits, never repeats."""

from collections.abc import Callable, Mapping
from http.client import HTTPException
from logging import CRITICAL, getLogger
from typing import Any, NoReturn

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from core.errors import Conflict, Misconfigured, Permanent, Temporary, Unknown

VENDOR = "slack"
_THROTTLED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
NO_ACCESS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "no_permission",
        "not_installed",
    }
)
Renew = Callable[[str, str], str | None]
"""(the token, why Slack refuses it) → the one that counts now, or None when there is none."""
_SLACK_IS_ILL = frozenset({"internal_error", "fatal_error", "service_unavailable"})
_NOT_DONE = frozenset({"request_timeout"})  # Slack got only part of our request


class WebApi:
    """One workspace's token, and how a method is called with it."""

    def __init__(self, token: str, *, base_url: str, timeout_s: int = 10, renew: Renew | None = None) -> None:
        """`renew` is asked once when Slack refuses the token; what was refused then goes again. No transaction is open meanwhile."""
        self._renew = renew
        quiet = getLogger("careloop.slack_sdk")
        quiet.setLevel(CRITICAL)  # the SDK writes whole requests to its log at DEBUG, and unreadable answers at ERROR
        self._slack = WebClient(token, base_url=base_url, timeout=timeout_s, retry_handlers=[], logger=quiet)

    def _call(
        self, method: str, body: dict[str, Any], *, form: bool = False, repeatable: bool = True
    ) -> Mapping[str, Any]:
        """`form` for the methods that take no JSON; `repeatable` unless a second call would leave a second trace."""
        try:
            answer = self._ask(method, body, form=form)
        except SlackApiError as error:
            _refuse(method, error, repeatable=repeatable)
        except (OSError, HTTPException, UnicodeError, SlackClientError) as error:
            _no_answer(method, type(error).__name__, repeatable=repeatable, cause=error)
        return answer.data if isinstance(answer.data, dict) else {}

    def _ask(self, method: str, body: dict[str, Any], *, form: bool) -> SlackResponse:
        """Once, and once more with a newer token where this one is refused: nothing was done with the refused one."""
        try:
            return self._slack.api_call(method, data=body) if form else self._slack.api_call(method, json=body)
        except SlackApiError as error:
            code, spent = str(error.response.get("error", "")), str(self._slack.token)
            newer = self._renew(spent, code) if self._renew is not None and code in NO_ACCESS else None
            if newer is None:
                raise
        self._slack.token = newer
        return self._slack.api_call(method, data=body) if form else self._slack.api_call(method, json=body)


def text_of(answer: Mapping[str, Any], key: str) -> str:
    """What Slack says under `key`; Unknown when it said ok without it."""
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise Unknown(f"Slack said ok without {key}")
    return value


def _refuse(method: str, error: SlackApiError, *, repeatable: bool) -> NoReturn:
    """Say in our words what Slack answered; its own text is left out, it may repeat what we sent."""
    status, code = error.response.status_code, str(error.response.get("error", "")).partition(":")[0]
    if status == 429 or code in _THROTTLED:
        wait = _retry_after(error.response.headers)
        raise Temporary(f"{method}: Slack asks to wait", retry_after_s=wait, throttled=True) from None
    if code in _NOT_DONE:
        raise Temporary(f"{method}: {code}") from None
    if status >= 500 or code in _SLACK_IS_ILL:
        _no_answer(method, f"HTTP {status}", repeatable=repeatable)
    if not code.replace("_", "").isalnum() or len(code) > 60:
        _no_answer(method, f"HTTP {status}, no answer of Slack's", repeatable=repeatable)
    if code in NO_ACCESS:
        raise Misconfigured(
            f"Slack refuses the bot's token ({code})",
            fix="Reinstall the app in the workspace: on the signed-in page, Slack; a pasted one is bot_token in the organisation file.",
            code=code,
        ) from None
    if code == "missing_scope":
        raise Misconfigured(
            f"The Slack app may not call {method}: a scope is missing",
            fix="Update the app from `python app.py manifest`, reinstall it, and set SLACK_BOT_TOKEN to the new token.",
            code=code,
        ) from None
    if code == "hash_conflict":
        raise Conflict(f"{method}: the view changed meanwhile", code=code) from None
    raise Permanent(f"{method}: {code}", code=code) from None


def _no_answer(method: str, why: str, *, repeatable: bool, cause: BaseException | None = None) -> NoReturn:
    if repeatable:
        raise Temporary(f"{method}: no clear answer ({why})", silent=VENDOR) from cause
    raise Unknown(f"{method}: no clear answer ({why}); it may have happened", silent=VENDOR) from cause


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    found = next((value for key, value in headers.items() if key.lower() == "retry-after"), None)
    try:
        return max(0.0, float(found)) if found is not None else None
    except (TypeError, ValueError):
        return None
