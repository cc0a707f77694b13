"""Tomorrow's texts and days that cannot take place, as staff see and press them."""

from typing import Any

import pytest

from tests.world import BRUNO, FRANK, World

pytestmark = pytest.mark.phi("any")


def choices(world: World, by: str, name: str) -> list[dict[str, Any]]:
    """The options of a field of the open form."""
    form = world.form(by)
    assert form is not None
    field = next(block for block in form["blocks"] if block.get("block_id", "").endswith(name))
    found: list[dict[str, Any]] = field["element"]["options"]
    return found


def test_a_row_of_the_day_is_skipped_and_its_texts_leave_the_day_after(monday: World) -> None:
    monday.command(BRUNO, monday.channel("patient_access"), "tomorrow today")
    [row] = choices(monday, BRUNO, "row")
    assert "9 am reminder, Lakeside Clinic, Lincoln Park (14)" in row["text"]["text"]

    monday.submit(BRUNO, row=row["value"], reason="the phones are down")
    monday.at(0, 9, 5)
    assert monday.texts("story") == []

    monday.at(1, 9, 0)
    assert len(monday.texts("story")) == 1
    assert "held skip.day" in monday.rules("story", "reminder")


def test_a_provider_is_out_an_agent_asks_a_manager_approves_and_patients_are_told_not_to_come(monday: World) -> None:
    monday.command(BRUNO, monday.channel("patient_access"), "provider-out")
    who, day = choices(monday, BRUNO, "who"), choices(monday, BRUNO, "day")
    story = monday.booked("story")[0]
    hers = next(one for one in who if one["value"] in str(story))
    monday.submit(BRUNO, who=hers["value"], day=day[3]["value"], reason="called in sick")
    assert "A manager approves" in str(monday.form(BRUNO))
    assert monday.texts("story") == []

    monday.click("Review and approve", monday.card("front_office", "approve the move"), by=FRANK)
    monday.submit(FRANK)
    monday.at(0, 9, 10)

    [told] = monday.texts("story")
    assert "we have to move your visit Thu Dec 3, 1:30 pm. Please do not come then." in told
    assert monday.why("story", "reminder")["outcome"] == "withdrawn"
    monday.text("story", "1")
    assert monday.card("patient_access", "Visit that cannot take place")
    assert "each patient is told" in monday.card("clinical", "is out on Thu Dec 3")
