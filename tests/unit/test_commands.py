import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import commands
from handlers.commands import case_number, outreach, typed
from workflows.roles import Role
from workflows.roles import Verb as Right


@pytest.mark.parametrize("role", list(Role))
def test_the_help_of_each_role_fits_an_answer(role: Role) -> None:
    said = outreach.help_for(role)

    assert 0 < len(said) <= commands.LONGEST


def test_the_help_lists_every_verb_once_and_in_groups() -> None:
    said = outreach.help_for(Role.MANAGER)

    lines = said.splitlines()
    for verb in outreach.verbs().values():
        assert lines.count(verb.usage) == (0 if verb.needs is Right.SETTINGS else 1), verb.name
    assert [line for line in lines if line.startswith("*")][:2] == ["*One patient*", "*Stop and go on*"]


def test_a_viewer_is_not_offered_what_the_role_refuses() -> None:
    said = outreach.help_for(Role.VIEWER)

    assert "/outreach why" in said
    assert "/outreach start" not in said
    assert "/outreach stop-all" not in said


@pytest.mark.parametrize(
    ("word", "meant"),
    [("whi", "why"), ("stat", "start"), ("paus", "pause"), ("tommorow", "tomorrow"), ("hlep", "help")],
)
def test_a_slip_of_the_finger_gets_the_nearest_verb(word: str, meant: str) -> None:
    assert outreach.unknown("/outreach", word, outreach.verbs()) == [f"Did you mean `/outreach {meant}`?"]


def test_what_is_like_nothing_of_ours_is_not_said_back() -> None:
    said = outreach.unknown("/outreach", "zyxwina", outreach.verbs())

    assert said == ["Nothing was changed: that is none of these."]


@given(st.text(max_size=3000))
def test_what_is_typed_becomes_printable_words_of_bounded_length(text: str) -> None:
    said = typed(text)

    assert len(said) <= commands.MOST_TYPED
    assert said == " ".join(said.split())
    assert said.isprintable()
    assert "\0" not in said


@given(st.text(max_size=20))
def test_a_case_number_is_one_that_the_database_can_hold(text: str) -> None:
    number = case_number(text)

    assert number is None or 0 <= number < 2**63
