"""The bodies Slack sends to an app, field by field."""

import secrets
from collections.abc import Callable

from sandbox.slack.config import Person, SlackConfig
from sandbox.slack.rooms import Message, Room, public_message
from sandbox.slack.shapes import Json


class Payloads:
    """Built from the workspace's own values; the legacy verification token is left out."""

    def __init__(self, config: SlackConfig, machine: Callable[[], float]) -> None:
        self._config = config
        self._machine = machine
        self.org_wide: Callable[[], bool] = lambda: False
        self._domain = config.team_name.lower().replace(" ", "-")

    def stamp(self) -> str:
        return f"{self._machine():.6f}"

    def _envelope(self, kind: str, person: Person) -> Json:
        config = self._config
        return {
            "type": kind,
            "team": {"id": config.team_id, "domain": self._domain},
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": config.team_id},
            "api_app_id": config.app_id,
            "enterprise": self._enterprise(),
            "is_enterprise_install": self.org_wide(),
        }

    def _enterprise(self) -> Json | None:
        config = self._config
        return {"id": config.enterprise_id, "name": config.enterprise_name} if config.enterprise_id else None

    def message_action(self, person: Person, room: Room, message: Message, *, action: Json) -> Json:
        """block_actions from a message; an ephemeral one travels without its content, as on Slack."""
        hidden = message.ephemeral_to is not None
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": room.id,
            "is_ephemeral": hidden,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        body = {
            **self._envelope("block_actions", person),
            "container": container,
            "channel": {"id": room.id, "name": _spoken_name(room)},
            "state": {"values": {}},
            "actions": [{**action, "action_ts": self.stamp()}],
        }
        return body if hidden else {**body, "message": public_message(message, self._config)}

    def view_action(self, person: Person, view: Json, action: Json) -> Json:
        return {
            **self._envelope("block_actions", person),
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
            "actions": [{**action, "action_ts": self.stamp()}],
        }

    def submission(self, person: Person, view: Json, trigger_id: str) -> Json:
        return {
            **self._envelope("view_submission", person),
            "trigger_id": trigger_id,
            "view": view,
            "response_urls": [],
        }

    def closing(self, person: Person, view: Json, *, cleared: bool) -> Json:
        return {**self._envelope("view_closed", person), "view": view, "is_cleared": cleared}

    def global_shortcut(self, person: Person, callback_id: str) -> Json:
        """From the lightning menu: no channel, and no address to answer to."""
        return {**self._envelope("shortcut", person), "callback_id": callback_id, "action_ts": self.stamp()}

    def message_shortcut(self, person: Person, room: Room, message: Message, *, callback_id: str) -> Json:
        """From the menu of a message; the message travels with it."""
        return {
            **self._envelope("message_action", person),
            "callback_id": callback_id,
            "action_ts": self.stamp(),
            "message_ts": message.ts,
            "channel": {"id": room.id, "name": _spoken_name(room)},
            "message": public_message(message, self._config),
        }

    def command(self, person: Person, room: Room, command: str, *, text: str) -> dict[str, str]:
        config = self._config
        return {
            "team_id": config.team_id,
            "team_domain": self._domain,
            "channel_id": room.id,
            "channel_name": _spoken_name(room),
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": config.app_id,
            "is_enterprise_install": str(self.org_wide()).lower(),
            **(
                {"enterprise_id": config.enterprise_id, "enterprise_name": config.enterprise_name}
                if config.enterprise_id
                else {}
            ),
        }

    def event(self, event: Json, *, org_wide: bool | None = None) -> Json:
        """`org_wide`: of the install of the Enterprise organisation; by default as the app is installed now."""
        config = self._config
        wide = self.org_wide() if org_wide is None else org_wide
        of = {"enterprise_id": config.enterprise_id or None, "team_id": None if wide else config.team_id}
        bot = {**of, "user_id": config.bot_user_id, "is_bot": True}
        return {
            "team_id": config.team_id,
            "api_app_id": config.app_id,
            "event": {**event, "event_ts": event.get("event_ts", self.stamp())},
            "type": "event_callback",
            "event_id": "Ev" + secrets.token_hex(5).upper(),
            "event_time": int(self._machine()),
            "authorizations": [{**bot, "is_enterprise_install": wide}],
            **({"enterprise_id": config.enterprise_id} if config.enterprise_id else {}),
            "is_ext_shared_channel": False,
        }


def _spoken_name(room: Room) -> str:
    """Payloads hide the names of private conversations."""
    if room.direct:
        return "directmessage"
    return "privategroup" if room.private else room.name
