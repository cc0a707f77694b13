"""Open modals and Home tabs, one stack and one tab a person."""

import json
import secrets
from collections.abc import Callable
from typing import Any

from sandbox.slack.answers import ApiError, refused_blocks
from sandbox.slack.blocks_check import check_view
from sandbox.slack.config import SlackConfig
from sandbox.slack.form_values import values_of
from sandbox.slack.rooms import named
from sandbox.slack.shapes import Json

STACK = 3
_LARGEST = 250_000


class Modals:
    """A view is kept exactly as the Web API returns it; `errors` by view id are what a submission was answered with."""

    def __init__(self, config: SlackConfig, machine: Callable[[], float]) -> None:
        self._config = config
        self._machine = machine
        self.stacks: dict[str, list[Json]] = {}
        self.homes: dict[str, Json] = {}
        self.errors: dict[str, Json] = {}

    def has(self, view_id: str) -> bool:
        """Whether this view is open here."""
        return any(view["id"] == view_id for stack in self.stacks.values() for view in stack)

    def checked(self, view: Any, kind: str) -> Json:
        """The view as sent, once it is known to be one that this surface takes."""
        if not isinstance(view, dict):
            raise refused_blocks("invalid_arguments", ["must provide an object [json-pointer:/view]"])
        if view.get("type") != kind:
            raise refused_blocks("invalid_arguments", [f"must be one of {kind} [json-pointer:/view/type]"])
        complaints = check_view(view)
        if complaints:
            raise refused_blocks("invalid_arguments", complaints)
        if len(json.dumps(view)) > _LARGEST:
            raise ApiError("view_too_large")
        return view

    def _built(self, view: Json, before: Json | None = None) -> Json:
        blocks = named(view["blocks"])
        external = view.get("external_id", "")
        taken = {each["external_id"]: each["id"] for stack in self.stacks.values() for each in stack}
        if external and taken.get(external) not in (None, before and before["id"]):
            raise ApiError("duplicate_external_id")
        view_id = before["id"] if before else "V" + secrets.token_hex(5).upper()
        return {
            "id": view_id,
            "team_id": self._config.team_id,
            "type": view["type"],
            "title": view.get("title"),
            "submit": view.get("submit"),
            "close": view.get("close"),
            "blocks": blocks,
            "private_metadata": view.get("private_metadata", ""),
            "callback_id": view.get("callback_id", ""),
            "external_id": external,
            "state": {"values": values_of(blocks, before["state"]["values"] if before else None)},
            "hash": f"{int(self._machine())}.{secrets.token_urlsafe(6)}",
            "clear_on_close": view.get("clear_on_close", False),
            "notify_on_close": view.get("notify_on_close", False),
            "submit_disabled": view.get("submit_disabled", False),
            "previous_view_id": before["previous_view_id"] if before else None,
            "root_view_id": before["root_view_id"] if before else view_id,
            "app_id": self._config.app_id,
            "bot_id": self._config.bot_id,
            "app_installed_team_id": self._config.team_id,
        }

    def open(self, user: str, view: Json) -> Json:
        """Show a new modal; whatever stack was open makes room for it."""
        built = self._built(view)
        self.stacks[user] = [built]
        return built

    def push(self, user: str, view: Json) -> Json:
        stack = self.stacks.get(user)
        if not stack:
            raise ApiError("not_found")
        if len(stack) >= STACK:
            raise ApiError("push_limit_reached")
        built = self._built(view)
        built |= {"previous_view_id": stack[-1]["id"], "root_view_id": stack[0]["id"]}
        stack.append(built)
        return built

    def replace(self, view_id: str, view: Json, *, expected_hash: str | None = None) -> Json:
        """Swap one open view in place; what people had entered in blocks of the same ids stays."""
        _, before = self.find(view_id)
        if expected_hash and expected_hash != before["hash"]:
            raise ApiError("hash_conflict")
        before.update(self._built(view, before))
        self.errors.pop(view_id, None)
        return before

    def publish(self, user: str, view: Json, *, expected_hash: str | None = None) -> Json:
        before = self.homes.get(user)
        if expected_hash and before and expected_hash != before["hash"]:
            raise ApiError("hash_conflict")
        built = self.homes[user] = self._built(view, before)
        return built

    def find(self, view_id: Any) -> tuple[str, Json]:
        """Whose view it is, and the view: by id or by external id, modal or Home."""
        for user, stack in [*self.stacks.items(), *((user, [home]) for user, home in self.homes.items())]:
            for view in stack:
                if view_id and view_id in (view["id"], view["external_id"]):
                    return user, view
        raise ApiError("not_found")

    def top(self, user: str) -> Json | None:
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def close(self, user: str, view_id: str) -> list[Json]:
        """Take the view and all above it away; clear_on_close takes the whole stack. Returns what went, top first."""
        stack = self.stacks.get(user, [])
        depth = next((i for i, view in enumerate(stack) if view["id"] == view_id), None)
        if depth is None:
            return []
        return self._cut(user, stack, 0 if stack[depth]["clear_on_close"] else depth)

    def close_answered(self, user: str, view_id: str) -> None:
        """After a submission answered with nothing: this view goes, the one below it is seen again."""
        stack = self.stacks.get(user, [])
        depth = next((i for i, view in enumerate(stack) if view["id"] == view_id), None)
        if depth is not None:
            self._cut(user, stack, depth)

    def _cut(self, user: str, stack: list[Json], first: int) -> list[Json]:
        gone = stack[first:][::-1]
        del stack[first:]
        self._forget(user, gone)
        return gone

    def clear(self, user: str) -> None:
        self._forget(user, self.stacks.get(user, []))
        self.stacks.pop(user, None)

    def _forget(self, user: str, gone: list[Json]) -> None:
        for view in gone:
            self.errors.pop(view["id"], None)
        if not self.stacks.get(user):
            self.stacks.pop(user, None)

    def shown(self) -> Json:
        return {
            user: [
                {"id": view["id"], "view": view, "hash": view["hash"], "errors": self.errors.get(view["id"], {})}
                for view in stack
            ]
            for user, stack in self.stacks.items()
        }

    def dump(self) -> Json:
        return {"stacks": self.stacks, "homes": self.homes, "errors": self.errors}

    def load(self, kept: Json) -> None:
        self.stacks, self.homes, self.errors = kept["stacks"], kept["homes"], kept["errors"]
