"""What people read in Slack when nobody takes a case, when nothing happens on it, and that one press is an answer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.ids import show
from handlers import processes
from storage.tables import Case, CaseEvent
from tests.world import BRUNO, World
from workflows import cases, staff
from workflows.cases import Opening

pytestmark = pytest.mark.phi("any")


def opened(world: World) -> UUID:
    with world.begin() as session:
        opening = Opening(
            kind="admin",
            team="patient_access",
            reason="question",
            due="4 business hours",
            priority="high",
            dedupe_key="one",
        )
        found = cases.open_one(session, opening).id
    world.drain()
    return found


def later(world: World, minutes: int) -> None:
    """Time passes; the clock looks twice."""
    world.clock.advance(timedelta(minutes=minutes))
    for _ in range(2):
        processes.tick(world.deps)
        world.drain()


def said(world: World, words: str) -> list[tuple[str, Any]]:
    """(where, message) of what stands anywhere in Slack with these words."""
    rooms = world.slack.state()["channels"]
    return [
        (room["id"], m)
        for room in rooms
        for m in room["messages"]
        if words in f"{m['text']} {m['blocks']}" and not m["deleted"]
    ]


def happened(world: World, case_id: UUID) -> list[str]:
    with world.begin() as session:
        found = select(CaseEvent.what).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
        return list(session.scalars(found))


@pytest.mark.req("S51", by="workflows.deadlines:look")
def test_the_team_reads_one_line_under_the_card_and_the_idle_owner_presses_still_on_it(monday: World) -> None:
    case_id = opened(monday)
    later(monday, 29)
    assert said(monday, "Nobody has taken case") == []

    later(monday, 2)

    ((room, line),) = said(monday, "Nobody has taken case")
    assert room == monday.channel("patient_access")
    assert "<!here>" in str(line["blocks"])
    assert line["thread_ts"] == monday.card("patient_access", show("cas", case_id)).ts

    with monday.begin() as session:
        workspace = str(monday.theatre.facts["slack"]["team_id"])
        cases.claim(session, case_id, by=staff.of_slack(session, workspace, BRUNO))
    monday.drain()
    later(monday, 60)
    ((direct, asked),) = said(monday, "Still on it")
    assert asked["text"].startswith("Case ")
    press = next(block for block in asked["blocks"] if block["type"] == "actions")["elements"][0]
    monday.act(
        "slack/click", user=BRUNO, channel=direct, ts=asked["ts"], action_id=press["action_id"], value=press["value"]
    )

    assert happened(monday, case_id)[-1] == "kept"
    later(monday, 40)
    with monday.begin() as session:
        assert session.scalars(select(Case.owner_id).where(Case.id == case_id)).one() is not None


@pytest.mark.req("S47", by="workflows.sla:outlook")
def test_without_an_answer_the_case_goes_back_and_its_owner_reads_so(monday: World) -> None:
    case_id = opened(monday)
    with monday.begin() as session:
        workspace = str(monday.theatre.facts["slack"]["team_id"])
        cases.claim(session, case_id, by=staff.of_slack(session, workspace, BRUNO))
    monday.drain()

    later(monday, 60)
    later(monday, 30)

    assert "sla_released" in happened(monday, case_id)
    ((_, told),) = said(monday, "went back to")
    assert "nothing had happened on it" in told["text"]
    assert "Claim" in str(told["blocks"])
