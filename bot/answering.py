"""The address that comes with a click or a command: Slack takes five answers there within half an hour. No token, no repeating."""

from logging import CRITICAL, getLogger
from typing import Any

import urllib3
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from urllib3.exceptions import HTTPError

from core import log

TIMEOUT_S = 5.0
OPEN_LINES = 8

_quiet = getLogger("careloop.slack_sdk")
_quiet.setLevel(CRITICAL)  # at DEBUG the SDK writes the proxy's address, with its password
_proxy = load_http_proxy_from_env(_quiet)
_how: dict[str, Any] = {"maxsize": OPEN_LINES, "block": True, "retries": False, "timeout": TIMEOUT_S}
_lines = urllib3.ProxyManager(_proxy, **_how) if _proxy else urllib3.PoolManager(**_how)


def answer(response_url: str, said: dict[str, Any]) -> bool:
    """Send `said` (Slack's shape of a message) there; False, and logged, when Slack did not take it.

    The lines stay open from one click to the next: a new one would cost each person two more round trips and a handshake.
    """
    try:
        code = _lines.request("POST", response_url, json=said, redirect=False).status
    except HTTPError as error:
        log.get().warning("answer.not_sent", error=type(error).__name__)
        return False
    if code != 200:
        log.get().warning("answer.refused", code=code)
    return code == 200
