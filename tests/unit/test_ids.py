"""Ids as people see them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import ids
from core.errors import Refused

EARLY = UUID("019abcde-0000-7000-8000-000000000000")
LATE = UUID("019abcde-0001-7000-8000-000000000000")


@given(st.uuids())
def test_a_shown_id_reads_back_as_the_same_id(value: UUID) -> None:
    assert ids.parse("cas", ids.show("cas", value)) == value


@given(st.uuids(), st.uuids())
def test_text_order_is_the_order_of_the_ids_and_so_of_time(one: UUID, other: UUID) -> None:
    assert (ids.show("cas", one) < ids.show("cas", other)) == (one < other)


def test_an_id_begins_with_what_it_is_and_is_lower_case() -> None:
    shown = ids.show("cas", EARLY)

    assert shown.startswith("cas_")
    assert shown == shown.lower()
    assert len(shown) == 30
    assert shown < ids.show("cas", LATE)


def test_an_id_of_an_unknown_kind_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="unknown id prefix"):
        ids.show("zzz", EARLY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cas_",
        "cas",
        "cas_short",
        "cas_" + "z" * 26,  # not in the alphabet
        "cas_" + "0" * 27,
        "cas_" + "é" * 26,
        "cas_" + "ß" * 26,  # grows when made upper case
        ids.show("enr", EARLY),
        str(EARLY),
        "cas_'; DROP TABLE cases; --___",
    ],
)
def test_what_cannot_be_our_id_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        ids.parse("cas", text)

    assert "cas_" in refusal.value.say


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    with pytest.raises(Refused) as refusal:
        ids.parse("cas", "Rosa Delgado 1961")

    assert "Rosa" not in refusal.value.say
