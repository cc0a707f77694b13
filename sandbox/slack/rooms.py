"""Channels and what was said in them."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sandbox.slack.answers import ApiError
from sandbox.slack.config import Channel, Person, SlackConfig
from sandbox.slack.shapes import Json

KEPT_MESSAGES = 20_000  # a channel of weeks; Slack forgets none


@dataclass
class Message:
    """`ts` counts machine time and is unique in its channel; `at` is the business time people see."""

    ts: str
    author: str
    by_bot: bool
    text: str
    blocks: list[Json]
    at: str
    thread_ts: str | None = None
    metadata: Json | None = None
    edited_ts: str | None = None
    ephemeral_to: str | None = None
    deleted: bool = False
    files: list[Json] = field(default_factory=list)

    def shown(self) -> Json:
        """As the demo page draws it."""
        who = {"bot": self.author} if self.by_bot else {"user": self.author}
        return {
            "ts": self.ts,
            **who,
            "text": self.text,
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "at": self.at,
            "edited": self.edited_ts is not None,
            "ephemeral_to": self.ephemeral_to,
            "deleted": self.deleted,
            "files": [{name: file.get(name) for name in ("id", "title", "alt_txt")} for file in self.files],
        }


@dataclass
class Room:
    id: str
    name: str
    private: bool
    shared: bool
    archived: bool
    members: list[str]
    direct: bool = False
    messages: list[Message] = field(default_factory=list)

    def scope(self, verb: str) -> str:
        """The scope that `verb` (read or history) needs for this kind of conversation."""
        kind = "im" if self.direct else "groups" if self.private else "channels"
        return f"{kind}:{verb}"

    def seen(self) -> list[Message]:
        """What the history of the channel holds, oldest first: nothing deleted, nothing for one pair of eyes."""
        return [message for message in self.messages if not message.deleted and message.ephemeral_to is None]


def _opened(channel: Channel) -> Room:
    return Room(channel.id, channel.name, channel.private, channel.shared, channel.archived, list(channel.members))


class Rooms:
    """All conversations of the workspace, found by id or name."""

    def __init__(
        self,
        config: SlackConfig,
        people: Mapping[str, Person],
        *,
        now: Callable[[], datetime],
        machine: Callable[[], float],
    ) -> None:
        self._config = config
        self._people = people
        self._now = now
        self._machine = machine
        self._last_ts = 0
        self.all: dict[str, Room] = {channel.id: _opened(channel) for channel in config.channels}

    def next_ts(self) -> str:
        self._last_ts = max(int(self._machine() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def visible(self, ref: Any) -> Room:
        """The conversation if the app may know of it: a private one it is not in does not exist for it."""
        name = str(ref or "")
        room = self.all.get(name) or next((r for r in self.all.values() if r.name == name.removeprefix("#")), None)
        if room is None or (room.private and self._config.bot_user_id not in room.members):
            raise ApiError("channel_not_found")
        return room

    def writable(self, ref: Any) -> Room:
        """Where the app may post: a user's id means the direct message with that user."""
        person = self._people.get(str(ref))
        if person is not None:
            if person.deleted or person.team:
                raise ApiError("channel_not_found")
            return self.direct_with(person.id)
        room = self.visible(ref)
        if room.archived:
            raise ApiError("is_archived")
        public = not room.private and "chat:write.public" in self._config.scopes
        if self._config.bot_user_id not in room.members and not public:
            raise ApiError("not_in_channel")
        return room

    def direct_with(self, user: str) -> Room:
        """The direct message between the app and one person, opened at first use."""
        room_id = "D" + user[1:]
        members = [user, self._config.bot_user_id]
        return self.all.setdefault(room_id, Room(room_id, user, True, False, False, members, direct=True))

    def add(self, room: Room, message: Message) -> Message:
        room.messages.append(message)
        del room.messages[:-KEPT_MESSAGES]
        return message

    def written(self, author: str, text: str, blocks: list[Json], *, by_bot: bool) -> Message:
        """A message with its time and its blocks named, not yet in any channel."""
        return Message(self.next_ts(), author, by_bot, text, named(blocks), self._now().isoformat())

    def message(self, room: Room, ts: Any) -> Message:
        for message in reversed(room.messages):
            if message.ts == ts and not message.deleted:
                return message
        raise ApiError("message_not_found")

    def thread(self, room: Room, thread_ts: Any) -> str | None:
        """The root that a reply belongs to; a reply to a reply joins its thread."""
        if not thread_ts:
            return None
        try:
            parent = self.message(room, thread_ts)
        except ApiError as missing:
            raise ApiError("thread_not_found") from missing
        return parent.thread_ts or parent.ts

    def dump(self) -> Json:
        return {"last_ts": self._last_ts, "rooms": [asdict(room) for room in self.all.values()]}

    def load(self, kept: Json) -> None:
        self._last_ts = kept["last_ts"]
        for raw in kept["rooms"]:
            messages = [Message(**message) for message in raw["messages"]]
            self.all[raw["id"]] = Room(**{**raw, "messages": messages})


def named(blocks: list[Json]) -> list[Json]:
    """Slack gives a made-up block_id to each block that came without one."""
    return [{**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)[:5]} for block in blocks]


def public_message(message: Message, config: SlackConfig, *, metadata: bool = False) -> Json:
    """As the Web API and the payloads show it; metadata only to those who ask for it."""
    body: Json = {
        "type": "message",
        "user": message.author,
        "ts": message.ts,
        "text": message.text,
        "team": config.team_id,
        "blocks": message.blocks,
    }
    if message.by_bot:
        profile = {"id": config.bot_id, "app_id": config.app_id, "name": "careloop", "team_id": config.team_id}
        body |= {"bot_id": config.bot_id, "app_id": config.app_id, "bot_profile": {**profile, "deleted": False}}
    if message.thread_ts:
        body["thread_ts"] = message.thread_ts
    if message.files:
        body["files"] = message.files
    if message.edited_ts:
        body["edited"] = {"user": config.bot_id if message.by_bot else message.author, "ts": message.edited_ts}
    if metadata and message.metadata:
        body["metadata"] = message.metadata
    return body


def as_typed(text: str) -> str:
    """A person's words the way Slack hands them on: the three control characters escaped, mentions kept."""
    kept = re.split(r"(<[@#!][A-Za-z0-9|^._-]+>)", text)
    plain = [part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for part in kept[::2]]
    return "".join(a + b for a, b in zip(plain, [*kept[1::2], ""], strict=True))
