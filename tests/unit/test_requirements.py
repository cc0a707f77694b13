"""The list of requirements is what the markers say, and every implementing function it names exists."""

from collections.abc import Callable

import pytest

from tests import requirements

MARKS = requirements.marks()


def test_every_marker_is_a_known_number() -> None:
    assert {mark.number for mark in MARKS} - requirements.names().keys() - requirements.rules() == set()


@pytest.mark.parametrize("by", sorted({mark.by for mark in MARKS if mark.by}))
def test_every_implementing_function_exists(by: str) -> None:
    assert requirements.function(by)


def outer() -> Callable[[], int]:
    kept = 7

    def inner() -> int:
        return kept

    return inner


def doing(done: list[str]) -> bool:
    done.append("something")
    return True


def test_a_disabled_function_does_nothing_and_works_again_afterwards() -> None:
    done: list[str] = []

    with requirements.disabled(f"{__name__}:doing"):
        assert doing(done) is False
    assert done == []
    assert doing(done)


def test_a_disabled_function_without_an_empty_answer_raises_also_when_it_is_a_closure() -> None:
    inner = outer()
    inner.__code__ = requirements._off(inner.__code__.co_freevars, None)

    with pytest.raises(requirements.Disabled):
        inner()


def test_the_committed_page_is_what_the_markers_say() -> None:
    assert requirements.PAGE.read_text("utf-8") == requirements.page(), "run python -m tests.requirements"
