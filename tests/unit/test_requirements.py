"""The list of requirements is what the markers say, and every implementing function it names exists."""

import pytest

from tests import requirements

MARKS = requirements.marks()


def test_every_marker_is_a_known_number() -> None:
    assert {mark.number for mark in MARKS} - requirements.names().keys() - requirements.rules() == set()


@pytest.mark.parametrize("by", sorted({mark.by for mark in MARKS if mark.by}))
def test_every_implementing_function_exists(by: str) -> None:
    assert requirements.function(by)


def outer() -> object:
    kept = 7

    def inner() -> int:
        return kept

    return inner


def test_a_disabled_function_raises_also_when_it_is_a_closure() -> None:
    inner = outer()
    inner.__code__ = requirements._off(inner.__code__.co_freevars)  # type: ignore[attr-defined]

    with pytest.raises(requirements.Disabled):
        inner()  # type: ignore[operator]
