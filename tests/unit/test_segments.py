import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.segments import Segments, count, straighten


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 0)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        ("€" * 81, Segments("GSM-7", 162, 2)),
        ("a" * 152 + "€" + "a" * 152, Segments("GSM-7", 306, 3)),
        ("ñ" * 160, Segments("GSM-7", 160, 1)),
        ("á" * 70, Segments("UCS-2", 70, 1)),
        ("á" * 71, Segments("UCS-2", 71, 2)),
        ("á" * 135, Segments("UCS-2", 135, 3)),
        ("😀" * 35, Segments("UCS-2", 70, 1)),
        ("a" * 66 + "😀" + "a" * 66, Segments("UCS-2", 134, 3)),
        ("ñandú", Segments("UCS-2", 5, 1)),
    ],
)
@pytest.mark.req("K4")
def test_a_text_is_counted_as_the_carrier_bills_it(text: str, expected: Segments) -> None:
    assert count(text) == expected


def test_one_curly_quote_costs_two_more_segments_until_straightened() -> None:
    text = "a" * 159 + "’"

    assert count(text).segments == 3
    assert count(straighten(text)) == Segments("GSM-7", 160, 1)


def test_straightening_keeps_the_words() -> None:
    assert straighten("“It’s” – we…\u00a0are") == '"It\'s" - we... are'


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_segments_are_enough_and_at_most_one_unit_each_is_lost(text: str) -> None:
    counted = count(text)
    part, single = (153, 160) if counted.encoding == "GSM-7" else (67, 70)

    if counted.units <= single:
        assert counted.segments == (1 if text else 0)
    else:
        assert (part - 1) * (counted.segments - 1) < counted.units <= part * counted.segments


@given(st.text(max_size=200))
def test_straightening_twice_changes_nothing_more(text: str) -> None:
    assert straighten(straighten(text)) == straighten(text)
