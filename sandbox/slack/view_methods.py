"""views.*: modals and the Home tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.slack.answers import ApiError
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace


def open_view(ws: Workspace, args: Json) -> Json:
    """Spends the trigger only when the view was good."""
    if not args.get("trigger_id"):
        raise ApiError("invalid_arguments")
    trigger = ws.passes.valid_trigger(args["trigger_id"])
    view = ws.modals.open(trigger.user, ws.modals.checked(args.get("view"), "modal"))
    trigger.exchanged = True
    return {"view": view}


def push_view(ws: Workspace, args: Json) -> Json:
    """Only from an interaction inside an open modal, and never more than three deep."""
    if not args.get("trigger_id"):
        raise ApiError("invalid_arguments")
    trigger = ws.passes.valid_trigger(args["trigger_id"])
    if trigger.view_id is None:
        raise ApiError("invalid_trigger_id")
    view = ws.modals.push(trigger.user, ws.modals.checked(args.get("view"), "modal"))
    trigger.exchanged = True
    return {"view": view}


def update_view(ws: Workspace, args: Json) -> Json:
    """By view_id or external_id; with `hash`, only if nobody changed the view since."""
    name = args.get("view_id") or args.get("external_id")
    if not name:
        raise ApiError("invalid_arguments")
    _, before = ws.modals.find(name)
    view = ws.modals.checked(args.get("view"), before["type"])
    return {"view": ws.modals.replace(before["id"], view, expected_hash=args.get("hash"))}


def publish_view(ws: Workspace, args: Json) -> Json:
    person = ws.person(args.get("user_id"), unknown="invalid_arguments")
    view = ws.modals.checked(args.get("view"), "home")
    return {"view": ws.modals.publish(person.id, view, expected_hash=args.get("hash"))}
