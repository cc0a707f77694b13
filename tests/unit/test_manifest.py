import ast
import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from bot.manifest import BOT_EVENTS, BOT_SCOPES, manifest
from core.errors import Misconfigured
from handlers import channel_events, commands, shortcuts
from sandbox import app as sandbox

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "slack_manifest.schema.json"
BASE = "https://careloop.example.org/"

# Bot scopes and events that Slack documents and this product has a reason for; its own schema accepts any word.
KNOWN_SCOPES = {
    "chat:write",
    "commands",
    "channels:read",
    "groups:read",
    "groups:history",
    "users:read",
    "users:read.email",
    "usergroups:read",
    "im:write",
    "files:read",
    "files:write",
}
SCOPES_OF_EVENTS = {
    "app_home_opened": set(),
    **{name: {f"{name.partition('_')[0].replace('member', 'channel')}s:read"} for name in channel_events.EVENTS},
    "message.groups": {"groups:history"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "app_uninstalled": set(),
    "tokens_revoked": set(),
    "user_change": {"users:read"},
    "subteam_updated": {"usergroups:read"},
    "subteam_members_changed": {"usergroups:read"},
}


def test_the_app_asks_for_exactly_the_scopes_it_has_a_reason_for() -> None:
    assert set(manifest(BASE, socket_mode=False)["oauth_config"]["scopes"]["bot"]) == KNOWN_SCOPES


def test_every_event_is_known_and_its_scopes_are_asked_for() -> None:
    made = manifest(BASE, socket_mode=False)
    events = made["settings"]["event_subscriptions"]["bot_events"]

    assert set(events) == set(SCOPES_OF_EVENTS)
    assert set().union(*(SCOPES_OF_EVENTS[event] for event in events)) <= set(made["oauth_config"]["scopes"]["bot"])


# The scopes that each Web API method wants of a bot.
SCOPES_OF_METHODS = {
    "auth.test": set(),
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "views.open": set(),
    "views.push": set(),
    "views.update": set(),
    "views.publish": set(),
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.members": {"channels:read", "groups:read"},
    "conversations.history": {"groups:history"},
    "conversations.replies": {"groups:history"},
    "conversations.open": {"im:write"},
    "files.info": {"files:read"},
    "files.getUploadURLExternal": {"files:write"},
    "files.completeUploadExternal": {"files:write"},
    "users.list": {"users:read", "users:read.email"},
    "users.info": {"users:read", "users:read.email"},
    "users.lookupByEmail": {"users:read.email"},
    "usergroups.users.list": {"usergroups:read"},
}
# Asked for without a method: commands have none.
BESIDE_METHODS = {"commands"}


def test_scopes_are_those_of_the_methods_that_are_called() -> None:
    trees = [ast.parse((ROOT / "bot" / name).read_text()) for name in ("gateway.py", "files.py")]
    called = {
        node.args[0].value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("_call", "_one_user")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }

    assert called == set(SCOPES_OF_METHODS)
    assert set().union(*SCOPES_OF_METHODS.values()) | BESIDE_METHODS == set(BOT_SCOPES)


def test_every_event_has_a_listener_and_every_listener_an_event() -> None:
    tree = ast.parse((ROOT / "handlers" / "slack_app.py").read_text())
    bound = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "event"
        and isinstance(node.args[0], ast.Constant)
    }

    assert bound | set(channel_events.EVENTS) == {name.partition(".")[0] for name in BOT_EVENTS}


def test_over_http_everything_comes_to_one_address() -> None:
    made = manifest(BASE, socket_mode=False)

    urls = {
        made["settings"]["event_subscriptions"]["request_url"],
        made["settings"]["interactivity"]["request_url"],
        made["features"]["slash_commands"][0]["url"],
    }
    assert urls == {"https://careloop.example.org/slack/events"}
    assert made["settings"]["socket_mode_enabled"] is False
    assert {one["url"] for one in made["features"]["slash_commands"]} == urls


def test_in_socket_mode_no_address_is_named_and_none_is_needed() -> None:
    made = manifest("", socket_mode=True)

    assert "url" not in json.dumps(made)
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["settings"]["interactivity"]["is_enabled"] is True


@pytest.mark.parametrize("address", ["", "careloop.example.org", "http://careloop.example.org", "ftp://127.0.0.1/"])
def test_an_address_slack_cannot_call_is_refused_with_the_fix(address: str) -> None:
    with pytest.raises(Misconfigured, match="Set it to the https:// address"):
        manifest(address, socket_mode=False)


def test_this_machine_may_be_named_over_plain_http() -> None:
    made = manifest("http://127.0.0.1:8000", socket_mode=False)

    assert made["settings"]["interactivity"]["request_url"] == "http://127.0.0.1:8000/slack/events"


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's manifest schema is not part of a clone")
@pytest.mark.parametrize("socket_mode", [True, False])
@pytest.mark.parametrize("oauth", [True, False])
def test_the_manifest_fits_slacks_own_schema(socket_mode: bool, oauth: bool) -> None:
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    made = manifest(BASE, socket_mode=socket_mode, oauth=oauth, org_wide=oauth)

    assert [error.message for error in validator.iter_errors(made)] == []


def test_installed_by_a_link_it_names_the_way_back_and_has_its_tokens_renewed() -> None:
    made = manifest(BASE, socket_mode=False, oauth=True, org_wide=True)

    assert made["oauth_config"]["redirect_urls"] == ["https://careloop.example.org/slack/oauth_redirect"]
    assert made["settings"]["token_rotation_enabled"] is True
    assert made["settings"]["org_deploy_enabled"] is True


def test_a_token_to_be_pasted_does_not_end_after_twelve_hours() -> None:
    made = manifest(BASE, socket_mode=False)

    assert "redirect_urls" not in made["oauth_config"]
    assert made["settings"]["token_rotation_enabled"] is False


def test_the_commands_of_the_manifest_are_those_that_careloop_answers_in_the_same_words() -> None:
    declared = {
        one["command"]: (one["description"], one["usage_hint"])
        for one in manifest(BASE, socket_mode=False)["features"]["slash_commands"]
    }

    assert declared == {one.name: (one.description, one.usage) for one in commands.discover().values()}
    assert list(declared) == sorted(declared)


def test_the_shortcuts_of_the_manifest_are_those_that_are_bound() -> None:
    declared = [one["callback_id"] for one in manifest(BASE, socket_mode=True)["features"]["shortcuts"]]

    assert sorted(declared) == sorted(shortcuts.SHORTCUTS)


def test_the_sandbox_offers_the_shortcuts_that_the_manifest_has() -> None:
    declared = manifest(BASE, socket_mode=True)["features"]["shortcuts"]

    assert {(one["type"], one["callback_id"], one["name"]) for one in declared} == set(sandbox.SHORTCUTS)


def test_what_slack_shows_while_typing_is_within_its_limits_and_names_nobody() -> None:
    features = manifest(BASE, socket_mode=False)["features"]

    for one in features["slash_commands"]:
        assert len(one["command"]) <= 32
        assert len(one["description"]) <= 100
        assert len(one["usage_hint"]) <= 100
    for one in features["shortcuts"]:
        assert len(one["name"]) <= 24
        assert len(one["callback_id"]) <= 255
        assert len(one["description"]) <= 150
