"""The kill switch as staff press it: a question first, every team told, and texts again when a manager says so."""

import pytest

from tests.world import BRUNO, FRANK, World

pytestmark = pytest.mark.phi("any")


def test_an_agent_stops_all_texts_every_team_sees_it_and_a_manager_resumes(world: World) -> None:
    world.command(BRUNO, world.channel("patient_access"), "stop-all")
    form = world.form(BRUNO)
    assert form is not None
    assert "What stays on" in str(form)

    world.submit(BRUNO, reason="wrong times in the texts")
    world.no_show("story")

    assert world.texts("story") == []
    for team in world.clinic.teams:
        assert "All texts are stopped" in world.card(team.code, "wrong times in the texts")
    world.click("Resume", world.card("front_office", "All texts are stopped"), by=FRANK)
    world.submit(FRANK, which=str(options(world)[0]), reason="times corrected")
    assert len(world.texts("story")) == 1
    assert "held halt.organisation" in world.rules("story")
    assert "All texts may leave again" in world.card("clinical", "times corrected")


def test_an_agent_cannot_resume(world: World) -> None:
    world.command(BRUNO, world.channel("patient_access"), "stop-all program no_show")
    world.submit(BRUNO, reason="checking a text")

    answer = world.command(BRUNO, world.channel("patient_access"), "resume")

    assert "a manager has to resume" in answer


def options(world: World) -> list[str]:
    form = world.form(FRANK)
    assert form is not None
    return [one["value"] for one in form["blocks"][0]["element"]["options"]]
