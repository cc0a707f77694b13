"""The one page that people agree on before a program starts."""

import pytest

from core.errors import Refused
from tests.service.desk import Desk
from tests.service.launches import piloted
from workflows import launch_plan
from workflows.launch_plan import Plan

SAID = Plan(owner="Amina Diallo", population="missed visits of the last day", source="ehr", site="")


@pytest.mark.req("S107", by="workflows.launch_plan:write")
def test_the_page_says_what_starts_it_for_whom_in_which_words_who_decides_and_how_it_stops(desk: Desk) -> None:
    piloted(desk)
    desk.enrolled()

    with desk.begin() as session:
        page = launch_plan.write(session, "no_show", SAID)

    for words in (
        "# Launch plan: Missed visit recovery",
        "| **Trigger** | `appointment.noshow`, no older than 24h |",
        "| **One population** | missed visits of the last day |",
        "| **Owner** | Amina Diallo |",
        "| first | English | Lakeside Clinic: we're sorry we didn't see you.",
        "| first | Spanish | Lakeside Clinic: sentimos no haberle visto.",
        "Runs 1–50 are all reviewed when they are over, then one in 5",
        "surely 80%",
        "**Today:** pilot, 1 of 100 runs given out",
        "`/outreach stop-all program no_show`",
        "free slots in the next 14 days; Patient access",
        "(`high_value`)",
    ):
        assert words in page
    assert len(page.splitlines()) < 70


def test_a_program_that_is_not_live_has_no_plan(desk: Desk) -> None:
    with pytest.raises(Refused, match="no live program"), desk.begin() as session:
        launch_plan.write(session, "horoscope", SAID)
