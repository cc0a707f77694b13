import pytest

from handlers import actions
from workflows import case_verbs
from workflows.case_verbs import MORE, VERBS, Standing

STATES = ("open", "claimed", "booking", "snoozed", "waiting_patient", "closed")
KINDS = ("reschedule", "call_task", "red_flag", "admin", "pilot_review")


def standings() -> list[Standing]:
    return [
        Standing(kind, state, owned=state != "open", contact=contact, mine=mine)
        for kind in KINDS
        for state in STATES
        for contact in (True, False)
        for mine in (None, True, False)
    ]


@pytest.mark.parametrize("standing", standings(), ids=str)
def test_a_card_has_at_most_three_buttons_and_five_entries_and_more_holds_what_is_left(standing: Standing) -> None:
    shown = case_verbs.arranged(standing)

    assert len(shown.buttons) <= 3
    assert len(shown.menu) <= 5
    everything = [verb.code for verb in (*shown.buttons, *shown.menu, *shown.rest) if verb.code != MORE]
    assert sorted(everything) == sorted(verb.code for verb in case_verbs.offered(standing))


def test_a_closed_case_offers_nothing_and_somebody_elses_only_to_be_read() -> None:
    assert case_verbs.offered(Standing("reschedule", "closed", owned=True)) == ()
    theirs = case_verbs.offered(Standing("reschedule", "claimed", owned=True, mine=False))
    assert [verb.code for verb in theirs] == ["open"]


def test_every_verb_has_an_act_and_a_button_of_its_own() -> None:
    for verb in VERBS:
        bound = f"case.{verb.code}" in actions.ACTIONS or f"pilot.{verb.code}" in actions.ACTIONS
        assert bound, verb.code


@pytest.mark.parametrize("standing", standings(), ids=str)
def test_every_entry_of_a_menu_is_answered(standing: Standing) -> None:
    assert {verb.code for verb in case_verbs.arranged(standing).menu} <= actions.MORE.keys()
