"""The survey after a visit, and the one list in which its low scores stand beside everything else."""

import pytest
from httpx import Client

from tests.world import FRANK, World
from workflows import page_access, staff


def worklist(world: World, team: str) -> str:
    """What somebody of this team reads on the signed-in page."""
    world.card(team)
    with world.begin() as session:
        who = staff.of_slack(session, str(world.theatre.facts["slack"]["team_id"]), FRANK)
        link = f"{world.theatre.web.url}/open/{page_access.make_link(session, who=who, case_id=None)}"
    with Client(follow_redirects=True, trust_env=False, timeout=30) as browser:
        browser.post(link)
        return browser.get(f"{world.theatre.web.url}/worklist").text


@pytest.mark.req("S3", by="workflows.enrollments:Moves._ask")
@pytest.mark.req("S10", by="workflows.moments:when")
@pytest.mark.req("S70", by="workflows.enrollments:_asked")
@pytest.mark.req("S6", by="workflows.desk_rows:cases")
def test_the_survey_comes_three_hours_after_and_a_low_score_gets_an_apology_and_a_person(world: World) -> None:
    for role in ("story", "attends"):
        world.act("ehr/fulfill", appointment=world.person(role).appointment)
    world.at(3, 16, 29)
    assert world.texts("story") == []
    world.at(3, 16, 30)
    assert "how was your visit? Reply with a number from 0 (bad) to 10 (very good)" in world.texts("story")[0]

    world.text("story", "3")
    world.text("attends", "9")

    assert (
        "we're sorry your visit was not what it should be. A person from our team will call" in world.texts("story")[-1]
    )
    card = world.card("front_office", "Call about a low score (score 3)")
    assert "Dana Whitfield" in card
    assert "Joan Abernathy" not in str([each.words for each in world.cards("front_office")])
    world.no_show("close")
    world.text("close", "can we do next tues afternoon?")
    page = worklist(world, "front_office")
    assert [
        words for words in ("How was the visit", "Missed visit recovery", "Patient access") if words not in page
    ] == []
