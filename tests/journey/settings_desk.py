"""How an admin gets around in the settings: from the Home, by the words on the screen."""

import json
from typing import Any

from sqlalchemy import select

from storage.tables import AuditRow
from tests.journey.test_home import home, press
from tests.world import World


def opened(world: World, user: str) -> dict[str, Any]:
    """The list of all settings."""
    home(world, user)
    press(world, user, "Settings")
    return window(world, user)


def window(world: World, user: str) -> dict[str, Any]:
    """What is open before this person."""
    found = world.form(user)
    assert found is not None, "no window is open"
    return found


def shown(world: World, user: str) -> str:
    """Its words."""
    return json.dumps(window(world, user)["blocks"], ensure_ascii=False)


def row(world: World, user: str, title: str) -> None:
    """Press the button of the line with this title."""
    view = window(world, user)
    for block in view["blocks"]:
        if block["type"] == "section" and block["text"]["text"].startswith(f"*{title}") and "accessory" in block:
            button = block["accessory"]
            pressed = {"action_id": button["action_id"], "value": button["value"]}
            world.act("slack/view_action", user=user, view_id=view["id"], **pressed)
            return
    raise AssertionError(f"no line {title} in {shown(world, user)}")


def audited(world: World, area: str) -> list[tuple[str, str, str | None, str | None]]:
    """(actor, about, before, after) of the changes of an area that people made, oldest first."""
    with world.begin() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.action == f"settings.{area}").order_by(AuditRow.id))
        return [
            (a.actor, a.subject_id, a.detail.get("before"), a.detail.get("after")) for a in found if a.actor != "system"
        ]
