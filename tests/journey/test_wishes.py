"""How patients want to be reached, and over which channels the organisation lets them be reached at all."""

import pytest

from tests.world import BRUNO, World
from workflows.surroundings import organisation_of


@pytest.mark.req("S38", by="workflows.preferences:keep")
@pytest.mark.req("S35", by="workflows.preferences:of_many")
def test_call_me_after_five_is_a_call_due_then_and_is_remembered_for_the_next_one(world: World) -> None:
    world.no_show("story")

    world.text("story", "please call me after 5")

    card = world.card("patient_access", "Dana Whitfield")
    assert "call after 5 pm" in card
    assert "A person from our team will call you" in world.texts("story")[-1]
    world.click("Claim", card, by=BRUNO)
    world.click("Close", world.card("patient_access", "Dana Whitfield"), by=BRUNO)
    world.submit(BRUNO, disposition="unreachable")
    world.fault("phones", number=world.person("story").number, error_code=30005, on="callback")
    world.act("ehr/fulfill", appointment=world.person("story").appointment)
    world.at(4, 12)
    assert "call after 5 pm" in world.card("front_office", "Find a way")


@pytest.mark.req("S37", by="workflows.gate:_never")
def test_where_texts_are_not_allowed_none_leaves_and_a_person_takes_it(world: World) -> None:
    with world.begin() as session:
        organisation = organisation_of(session)
        organisation.settings = organisation.settings | {"sending": {"channels": ["call"]}}

    world.no_show("story")

    assert world.texts("story") == []
    assert "refused channel.not_allowed" in world.rules("story")
    assert "Dana Whitfield" in world.card("patient_access", "Find a way")
