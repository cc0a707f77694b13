"""The Slack app as a manifest: each clinic makes its own app from it (api.slack.com/reference/manifests)."""

from typing import Any
from urllib.parse import urlsplit

from core.errors import Misconfigured

REQUESTS_PATH = "/slack/events"
"""The one route that takes events, clicks, forms and commands."""
REDIRECT_PATH = "/slack/oauth_redirect"

BOT_SCOPES = {
    "chat:write": "post, update and whisper about cases",
    "commands": "the slash commands",
    "channels:read": "see that a channel is public, and refuse it",
    "groups:read": "see that a channel is private, not shared, not archived, and ours",
    "groups:history": "find a card whose posting was not answered; relay the thread",
    "users:read": "see that an account of staff is deactivated or a guest's",
    "users:read.email": "find the account of staff by e-mail",
    "usergroups:read": "give roles and teams by user group",
    "im:write": "tell the on-call person directly",
    "files:read": "read a recall list that a manager hands over in a form; see that a chart is shown",
    "files:write": "show charts under the weekly digest",
}

CHANNEL_EVENTS = (
    "channel_archive", "channel_unarchive", "channel_rename", "channel_deleted", "channel_left", "channel_shared",
    "channel_unshared", "group_archive", "group_unarchive", "group_rename", "group_deleted", "group_left",
    "member_left_channel",
)  # fmt: skip
"""What may end, or mend, a channel. That it became public is no event: it is seen at the next look."""

BOT_EVENTS = {
    "app_home_opened": "draw the worklist",
    "message.groups": "relay what staff write in a case's thread",
    "member_joined_channel": "post what waited, when the bot is invited",
    **dict.fromkeys(CHANNEL_EVENTS, "look at a team's channel again: its cards may have to go elsewhere"),
    "app_uninstalled": "tell an admin, who connects it again",
    "subteam_updated": "give and take the roles of a user group",
    "subteam_members_changed": "give and take the roles of a user group",
    "user_change": "end the access of an account that is deactivated or a guest's",
    "tokens_revoked": "tell an admin, who connects it again",
}

COMMANDS = (
    {
        "command": "/kpi",
        "description": "What came of the outreach: figures for a period",
        "usage_hint": "[program] [last week | November] [by language]",
    },
    {"command": "/outreach", "description": "Ask Careloop about outreach and cases", "usage_hint": "help"},
    {
        "command": "/recall",
        "description": "Launch a program for a cohort of patients",
        "usage_hint": "[cohort | csv | list | status | approve | help]",
    },
    {
        "command": "/worklist",
        "description": "The most urgent cases of your teams, seen by you alone",
        "usage_hint": "[team]",
    },
)


SHORTCUTS = (
    {
        "name": "Start outreach",
        "type": "global",
        "callback_id": "outreach.start",
        "description": "Start outreach for a patient: a program, with a reason",
    },
    {
        "name": "Find a patient",
        "type": "global",
        "callback_id": "patient.find",
        "description": "Find a patient who is on the phone: history, stop, number, language",
    },
    {
        "name": "Make a case of this",
        "type": "message",
        "callback_id": "message.case",
        "description": "Make a case of this message for a team, with a due time",
    },
)
"""Slack takes 24 characters for a name."""


def manifest(public_base_url: str, *, socket_mode: bool, oauth: bool = False, org_wide: bool = False) -> dict[str, Any]:
    """The manifest for one installation; Socket Mode names no address, for sites that cannot be reached from outside.

    `oauth`: installed by a link, with tokens that are renewed (a pasted one would end after twelve hours). `org_wide`: in a whole
    Enterprise organisation too.
    Otherwise Misconfigured is raised for an address that is neither https nor this machine's own.
    """
    where = {} if socket_mode else {"request_url": _requests_url(public_base_url)}
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Careloop",
            "description": "Patient outreach and follow-up: cards to claim, reschedule and close.",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Careloop", "always_online": True},
            "shortcuts": [dict(each) for each in SHORTCUTS],
            "slash_commands": [_command(each, public_base_url, socket_mode=socket_mode) for each in COMMANDS],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}} | _redirect(public_base_url, oauth=oauth),
        "settings": {
            "event_subscriptions": where | {"bot_events": list(BOT_EVENTS)},
            "interactivity": {"is_enabled": True} | where,
            "org_deploy_enabled": org_wide,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": oauth,
        },
    }


def _command(known: dict[str, str], public_base_url: str, *, socket_mode: bool) -> dict[str, Any]:
    command = known | {"should_escape": False}
    return command if socket_mode else command | {"url": _requests_url(public_base_url)}


def _redirect(public_base_url: str, *, oauth: bool) -> dict[str, Any]:
    """Where Slack sends whoever installed it: a browser has to reach it, Slack itself need not."""
    return {"redirect_urls": [_address(public_base_url, REDIRECT_PATH)]} if oauth else {}


def _requests_url(public_base_url: str) -> str:
    return _address(public_base_url, REQUESTS_PATH)


def _address(public_base_url: str, path: str) -> str:
    parts = urlsplit(public_base_url)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise Misconfigured(
            "PUBLIC_BASE_URL is not an address that Slack can call",
            fix="Set it to the https:// address of this server, or use Socket Mode, which needs none.",
        )
    return public_base_url.rstrip("/") + path
