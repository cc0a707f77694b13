"""An organisation's own rules: read strictly, tightened freely, checked against the law."""

from datetime import date

import pytest

from core.errors import Misconfigured
from workflows import sending_rules
from workflows.sending_rules import DEFAULT, loosens, parse, problems

BEFORE, AFTER = date(2027, 1, 30), date(2027, 1, 31)


@pytest.mark.req("R5")
def test_a_narrowed_opt_out_is_reported_once_the_law_forbids_it() -> None:
    narrow = parse({"opt_out_scope": "marketing"})

    assert problems(narrow, BEFORE) == []
    assert "not allowed from 2027-01-31" in problems(narrow, AFTER)[0]
    assert problems(DEFAULT, AFTER) == []


@pytest.mark.req("S37")
def test_an_allowed_channel_that_nobody_can_carry_is_reported() -> None:
    assert problems(parse({"channels": ["text", "email"]}), BEFORE) == [
        "allowed channels without an adapter: email; a person makes those touches"
    ]


@pytest.mark.parametrize(
    "raw",
    [{"opens": "9 am"}, {"closed_days": ["Dec 24"]}, {"opt_out_scope": "some"}, {"open": "09:00"}, {"opens": None}],
)
def test_a_setting_that_cannot_be_read_is_named(raw: dict[str, object]) -> None:
    if raw == {"opens": None}:
        assert parse(raw) == DEFAULT
        return
    with pytest.raises(Misconfigured):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "looser"),
    [
        ({"opens": "10:00"}, False),
        ({"opens": "08:00"}, True),
        ({"closes": "18:00"}, False),
        ({"closes": "21:00"}, True),
        ({"holidays": True}, False),
        ({"closed_days": ["2026-12-24"]}, False),
        ({"channels": []}, False),
        ({"channels": ["text", "email"]}, True),
        ({"opt_out_scope": "marketing"}, True),
        ({"neutral_sender": "Lakeside"}, False),
    ],
)
def test_what_lets_a_text_leave_that_could_not_before_is_a_loosening(raw: dict[str, object], looser: bool) -> None:
    assert loosens(DEFAULT, parse(raw)) is looser


@pytest.mark.parametrize("raw", [{"holidays": True}, {"closed_days": ["2026-12-24"]}, {"opens": "10:00"}])
def test_taking_a_tightening_back_is_a_loosening_too(raw: dict[str, object]) -> None:
    assert sending_rules.loosens(parse(raw), DEFAULT)
