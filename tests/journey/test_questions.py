"""What patients ask back: answered from the library where it may be, by a person where not, and never with advice."""

import re

import pytest

from tests.world import World


@pytest.mark.req("S23", by="workflows.library.replies:reply")
@pytest.mark.req("S49", by="workflows.handing_over:to_person")
@pytest.mark.req("S95", by="workflows.library.entries:Library.forbids")
def test_forms_later_gets_the_link_other_questions_a_person_and_care_never_an_answer(monday: World) -> None:
    monday.at(0, 9, 5)

    monday.text("story", "can I complete forms later?")
    monday.text("silent", "what is the name of the lady at the desk?")
    monday.text("close", "can I fast and what should I bring?")

    answer = monday.texts("story")[-1]
    assert re.search(r"yes, by Thu Dec 3, 1:30 pm: http\S+/f/\w+ Did this help\? 1 = yes, 2 = a person\.", answer)
    assert monday.texts("silent")[-1].endswith("A person from our team will answer you.")
    assert "Tessa Moreland" in monday.card("front_office", "what is the name of the lady at the desk?")
    assert not [text for text in monday.texts("close") if "photo ID" in text]
    assert [card for team in monday.clinic.teams for card in monday.cards(team.code) if "Opal Jennings" in card]
