import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_understanding_replies import says
from workflows.understanding import Urgency, spelling


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("brethe", "breathe"),
        ("bleedng", "bleeding"),
        ("swellng", "swelling"),
        ("vomting", "vomiting"),
        ("respirarr", "respirar"),
    ],
)
def test_one_slip_in_a_long_word_is_put_right(typed: str, meant: str) -> None:
    assert spelling.right(typed) == meant


@pytest.mark.parametrize(
    "word", ["crash", "never", "spelling", "chess", "saint", "paint", "breast", "push", "maria", "rayed", "makan"]
)
def test_a_word_that_exists_is_left_alone(word: str) -> None:
    assert spelling.right(word) == word


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_slip_in_a_long_word_does_not_lower_the_urgency(data: st.DataObject) -> None:
    sentence, word = data.draw(
        st.sampled_from(
            [
                ("i have trouble breathing", "breathing"),
                ("there is pressure in my chest and i cant stop bleeding", "bleeding"),
                ("he is unconscious", "unconscious"),
                ("my husband had a seizure just now", "seizure"),
                ("no puedo respirar", "respirar"),
            ]
        )
    )
    at = data.draw(st.integers(1, len(word) - 2))
    left, here, after = word[:at], word[at], word[at + 1 :]
    slip = data.draw(st.sampled_from([left + after, left + here + here + after, left + after[0] + here + after[1:]]))

    assert says(sentence.replace(word, slip)).urgency is Urgency.EMERGENCY
