"""The local Slack: one workspace with one app, in memory, as strict as the real one where Careloop can tell."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from sandbox.slack import act, api, files, oauth, responses, sockets, uploads
from sandbox.slack.answers import ApiError
from sandbox.slack.config import Person, SlackConfig, UserGroup
from sandbox.slack.deliveries import Deliveries
from sandbox.slack.faults import CallLog, Faults
from sandbox.slack.files import Files
from sandbox.slack.limits import Gates
from sandbox.slack.modals import Modals
from sandbox.slack.oauth import Grants, Token
from sandbox.slack.passes import Passes, ResponseUrl
from sandbox.slack.payloads import Payloads
from sandbox.slack.rooms import Message, Room, Rooms, public_message
from sandbox.slack.shapes import Json
from sandbox.slack.uploads import Uploads

SHOWN_MESSAGES = 500
"""Of a channel, the newest that the page draws."""


class Workspace:
    """Holds the parts together. `now` is business time (what people see); `machine` is seconds since the epoch."""

    def __init__(
        self,
        config: SlackConfig,
        *,
        now: Callable[[], datetime],
        changed: Callable[[], None],
        machine: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.now = now
        self.changed = changed
        self.machine = machine
        self.lock = threading.RLock()
        self.people = {person.id: person for person in config.users}
        self.groups = {group.id: group for group in config.user_groups}
        self.rooms = Rooms(config, self.people, now=now, machine=machine)
        self.modals = Modals(config, machine)
        self.passes = Passes(machine)
        self.gates = Gates(machine)
        self.files = Files()
        self.uploads = Uploads()
        self.faults = Faults()
        self.calls = CallLog()
        self.payloads = Payloads(config, machine)
        self.deliveries = Deliveries(config, machine)
        self.notices: deque[Json] = deque(maxlen=200)
        self.grants = Grants(machine)
        self._beside: list[Workspace] = []
        if config.bot_token:
            self.grants.tokens[config.bot_token] = Token(config.team_id, config.scopes)
        self.payloads.org_wide = lambda: self.grants.live(config.enterprise_id)

    def router(self) -> APIRouter:
        """The Web API, the response URLs and the act-as control."""
        router = APIRouter()
        router.include_router(sockets.routes(self))
        router.include_router(oauth.routes(self))
        router.include_router(api.routes(self))
        router.include_router(responses.routes(self))
        router.include_router(files.routes(self))
        router.include_router(uploads.routes(self))
        router.include_router(act.routes(self))
        return router

    def join(self, other: Workspace) -> None:
        """One more workspace with the same app: reached by the same addresses, told apart by token."""
        other.grants, other.files, other.uploads = self.grants, self.files, self.uploads
        self._beside.append(other)

    def places(self) -> dict[str, str]:
        """Where the app can be installed: workspaces, and the Enterprise organisation where it is made for one."""
        found = {one.config.team_id: one.config.team_name for one in (self, *self._beside)}
        wide = self.config.oauth is not None and self.config.oauth.org_wide and self.config.enterprise_id
        return found | ({self.config.enterprise_id: self.config.enterprise_name} if wide else {})

    def of_place(self, place: str) -> Workspace:
        """A workspace by its id; of an Enterprise organisation its first."""
        return next((one for one in (self, *self._beside) if one.config.team_id == place), self)

    def target(self, token: Token, args: Json) -> Workspace:
        """Which workspace a call is about: the token's own, or in an Enterprise organisation where what it names is."""
        if token.place != self.config.enterprise_id:
            return self.of_place(token.place)
        named = {
            str(args.get(name)) for name in ("channel", "channel_id", "team_id", "user_id", "trigger_id", "view_id")
        }
        return next((one for one in (self, *self._beside) if one.knows(named)), self)

    def holding(self, pass_: str) -> Workspace:
        """The workspace that gave out this permit."""
        return next((one for one in (self, *self._beside) if one.passes.has(pass_)), self)

    def knows(self, names: set[str]) -> bool:
        """Whether one of these ids is of this workspace."""
        mine = {self.config.team_id, *self.rooms.all}
        return bool(names & mine) or any(self.modals.has(name) or self.passes.has(name) for name in names)

    def tell_ended(self, place: str, *, uninstalled: bool) -> None:
        """The app hears that its tokens are over, and that it is gone, in the order in which Slack happens to say so."""
        of = self.of_place(place)
        revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [of.config.bot_user_id]}}
        for event in (revoked, {"type": "app_uninstalled"}) if uninstalled else (revoked,):
            of.deliveries.event(of.payloads.event(event, org_wide=place == of.config.enterprise_id))

    def need(self, scope: str) -> None:
        """Raise missing_scope, naming what was needed and what the token has."""
        if scope not in self.config.scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(sorted(self.config.scopes)))

    def person(self, user: Any, *, unknown: str = "user_not_found") -> Person:
        if user not in self.people:
            raise ApiError(unknown)
        return self.people[user]

    def notice(self, user: str, text: str) -> None:
        """A line Slack itself shows to one person, such as that an app did not answer."""
        self.notices.append({"user": user, "text": text, "at": self.now().isoformat()})

    def response_url(self, pass_: ResponseUrl) -> str:
        return f"{self.config.base_url}/slack/response/{self.passes.response(pass_)}"

    def post(self, room: Room, message: Message, *, subtype: str | None = None) -> Message:
        """Put a message into its channel and tell the app about it if it listens there."""
        self.rooms.add(room, message)
        if message.ephemeral_to is None:
            marked = {"subtype": subtype} if subtype else {}
            self.tell(room, {**public_message(message, self.config), **marked, "channel": room.id})
        return message

    def tell_edited(self, room: Room, message: Message, before: Json) -> None:
        after = public_message(message, self.config)
        change = {"message": after, "previous_message": before, "ts": self.rooms.next_ts(), "hidden": True}
        self.tell(room, {"type": "message", "subtype": "message_changed", "channel": room.id, **change})

    def tell_deleted(self, room: Room, ts: str, before: Json) -> None:
        change = {"deleted_ts": ts, "previous_message": before, "ts": self.rooms.next_ts(), "hidden": True}
        self.tell(room, {"type": "message", "subtype": "message_deleted", "channel": room.id, **change})

    def tell(self, room: Room, event: Json) -> None:
        """Message events reach the app where it is a member and holds the history scope; its own posts included."""
        if self.config.bot_user_id not in room.members or room.scope("history") not in self.config.scopes:
            return
        kind = "im" if room.direct else "group" if room.private else "channel"
        stamped = {**event, "channel_type": kind, "event_ts": event["ts"]}
        self.deliveries.event(self.payloads.event(stamped))

    def state(self) -> Json:
        """Everything the demo page draws, as JSON."""
        with self.lock:
            rooms = [
                {
                    "id": room.id,
                    "name": room.name,
                    "private": room.private,
                    "direct": room.direct,
                    "members": list(room.members),
                    "messages": [message.shown() for message in room.messages[-SHOWN_MESSAGES:]],
                }
                for room in self.rooms.all.values()
            ]
            users = [{"id": person.id, "name": person.name, "title": person.title} for person in self.people.values()]
            return {
                "team": self.config.team_id,
                "channels": rooms,
                "users": users,
                "views": self.modals.shown(),
                "home": {person.id: self.modals.homes.get(person.id) for person in self.people.values()},
                "notices": list(self.notices),
                "shortcuts": [
                    {"type": kind, "callback_id": name, "name": words} for kind, name, words in self.config.shortcuts
                ],
            }

    def dump(self) -> Json:
        """What a later run of the demo needs; triggers, faults and rate limits start afresh."""
        with self.lock:
            parts = {"rooms": self.rooms.dump(), "modals": self.modals.dump(), "passes": self.passes.dump()}
            parts["people"] = {
                "accounts": [asdict(person) for person in self.people.values()],
                "groups": [asdict(group) for group in self.groups.values()],
            }
            return {**parts, "notices": list(self.notices)}

    def load(self, kept: Json) -> None:
        with self.lock:
            self.rooms.load(kept["rooms"])
            self.modals.load(kept["modals"])
            self.passes.load(kept["passes"])
            for raw in kept.get("people", {}).get("accounts", []):
                self.people[raw["id"]] = Person(**raw)
            for raw in kept.get("people", {}).get("groups", []):
                self.groups[raw["id"]] = UserGroup(**{**raw, "users": tuple(raw["users"])})
            self.notices.extend(kept["notices"])
        self.changed()
