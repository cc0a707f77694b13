"""Staff start programs by hand, judge the first runs, and managers let a program grow."""

import pytest
from sqlalchemy import update

from storage.tables import Organisation
from tests.world import BRUNO, ELENA, FRANK, GRETA, VERA, World

pytestmark = pytest.mark.phi("any")


def start(world: World, by: str, patient: str, *, population: str = "Overdue list") -> str:
    """Fill in the form; what it complains of."""
    world.command(by, world.channel("patient_access"), "start")
    world.submit(by, program="no_show", patient=patient, reason="list_work", population=population)
    return world.errors(by)


@pytest.mark.phi("full")
@pytest.mark.req("S15", by="workflows.staff_start:start")
def test_staff_start_a_program_with_a_reason_and_a_population_and_once(world: World) -> None:
    patient = world.person("story").patient

    assert start(world, BRUNO, patient) == ""
    assert "The program has started." in str(world.form(BRUNO))
    again = start(world, BRUNO, patient)

    assert len(world.texts("story")) == 1
    heard = next(entry for entry in world.why("story")["entries"] if entry["kind"] == "trigger")
    assert (heard["detail"]["reason"], heard["detail"]["population"]) == ("list_work", "overdue_list")
    assert again == "The patient is in this program already, since Dec 3. Nothing was started."


@pytest.mark.phi("full")
def test_a_start_is_refused_in_plain_words(world: World) -> None:
    assert start(world, BRUNO, "no-such-id") == "No patient here has this id. Check it in the EHR. Nothing was started."
    assert "cannot" in start(world, BRUNO, world.person("story").patient, population="!") or world.errors(BRUNO)
    assert world.texts("story") == []


def test_who_may_only_look_starts_nothing(world: World) -> None:
    said = world.command(VERA, world.channel("patient_access"), "start")

    assert "Nothing was changed" in said
    assert world.form(VERA) is None


@pytest.fixture
def piloting(world: World) -> World:
    """The clinic looks at its first runs."""
    with world.begin() as session:
        said = {"pilot": {"min_reviewed": 2, "pass_rate": 0.2, "team": "front_office"}, "slack_baa": True}
        session.execute(update(Organisation).values(settings=said))
    return world


@pytest.mark.req("N7", by="handlers.actions_launch:pass_run")
@pytest.mark.req("S99", by="workflows.pilot_reviews:ended")
def test_a_reviewer_judges_a_run_with_one_click_and_sees_how_many_are_left(piloting: World) -> None:
    world = piloting
    world.no_show("story")
    world.text("story", "STOP")

    card = world.card("front_office", "Judge this pilot run")
    assert "run 1 of 100, ended: opted out; 0 of 2 reviewed" in card
    world.click("Pass", card, by=ELENA)

    said = world.command(GRETA, world.channel("front_office"), "pilot")
    assert "1 of 100 runs, 1 of 1 verdicts passed; needs 1 more verdicts" in said
    assert world.why("story")["completion"] == "review"


def test_a_failed_run_says_why_and_the_gate_stays_shut(piloting: World) -> None:
    world = piloting
    world.no_show("story")
    world.text("story", "STOP")

    world.click("Fail", world.card("front_office", "Judge this pilot run"), by=ELENA)
    world.submit(ELENA, disposition="fail_wording")

    assert "Fail: wrong or unclear words" in world.card("front_office").words
    said = world.command(FRANK, world.channel("front_office"), "pilot approve no_show")
    assert "The pilot of no_show is not done" in said
