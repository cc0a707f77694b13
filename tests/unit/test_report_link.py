"""What opens the report: codes alone, and the same report every time."""

from datetime import date

import pytest

from bot import report_link
from core.errors import Refused
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period


@pytest.mark.parametrize("value", ["", "~~", "no_show~week~language", "~2026-11~", "~2026-11-16..2026-11-22~"])
def test_a_button_leads_where_it_says(value: str) -> None:
    if value.count("~") != 2:
        with pytest.raises(Refused):
            report_link.of_value(value)
        return
    found = report_link.of_value(value)
    assert found.program == value.split("~")[0]
    assert report_link.of_value(found.value) == found


@pytest.mark.parametrize(
    "value", ["Rosa Delgado~week~", "~last thursday~", "~week~mood", "~week~~", "a~b", "~2026-11-16..~"]
)
def test_a_button_that_holds_anything_but_codes_opens_nothing(value: str) -> None:
    with pytest.raises(Refused, match="no such report"):
        report_link.of_value(value)


def test_what_was_asked_in_slack_opens_by_its_days() -> None:
    asked = Asked(Period(date(2026, 11, 16), date(2026, 11, 22)), "no_show", "language")

    found = report_link.of_asked(asked)

    assert found.query == "program=no_show&period=2026-11-16..2026-11-22&by=language"
    assert found.days(date(2026, 12, 24)) == asked.period
