"""The named rules that send a run to people."""

import pytest

from core.errors import Misconfigured
from workflows import policy


@pytest.mark.parametrize(
    ("tags", "confidence", "rule"),
    [
        (set(), None, None),
        (set(), 0.95, None),
        (set(), 0.89, "low_confidence_match"),
        ({"high_value"}, None, "high_value"),
        ({"sensitive", "high_value"}, None, "sensitive_request"),
        ({"legal_hold"}, 1.0, "policy_exception.legal_hold"),
        ({"newsletter"}, 1.0, None),
    ],
)
def test_the_first_rule_that_holds_sends_it_to_people(
    tags: set[str], confidence: float | None, rule: str | None
) -> None:
    found = policy.first(tags, confidence)

    assert (found.rule if found else None) == rule


@pytest.mark.parametrize(
    "text",
    [
        "- {rule: a, when: {tag: x, match_below: 0.5}, team: front_office, due: 1 day, say: x}",
        "- {rule: a, when: {tag: x}, team: front_office, due: soon, say: x}",
        "[{rule: a, when: {tag: x}, team: t, due: 1 day, say: x}, {rule: a, when: {tag: y}, team: t, due: 1 day, say: x}]",
        "rule: [",
    ],
)
def test_a_broken_file_of_rules_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        policy.parse(text)
