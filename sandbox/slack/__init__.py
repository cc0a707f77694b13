"""The local Slack: `Workspace` is the whole of it; `SlackConfig` says what it is made of."""

from sandbox.slack.blocks_check import check_message, check_view
from sandbox.slack.config import Channel, OAuthApp, Person, SlackConfig, UserGroup
from sandbox.slack.workspace import Workspace

__all__ = ["Channel", "OAuthApp", "Person", "SlackConfig", "UserGroup", "Workspace", "check_message", "check_view"]
