"""After a discharge: attempts by people are counted apart from texts, and the clock is shown while it runs."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.errors import Refused
from storage.tables import ContactAttempt, ContactClock
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from tests.service.launches import card, discharged, publish
from workflows import cases, closing, staff, tcm
from workflows.staff import Who

TUESDAY = MONDAY_NOON + timedelta(days=1)  # the second business day ends on Wednesday at 17:00
WEDNESDAY_ELEVEN = MONDAY_NOON + timedelta(days=1, hours=23)


def nurse(desk: Desk) -> Who:
    with desk.begin() as session:
        factories.a_member_of_staff(session, role="clinician", slack_id="U0NURSE")
        return staff.of_slack(session, factories.WORKSPACE, "U0NURSE")


def home(desk: Desk) -> UUID:
    """A patient went home and got a text."""
    publish(desk)
    patient = desk.patient()
    discharged(desk, patient)
    return patient


def warn(desk: Desk) -> int:
    with desk.begin() as session:
        return tcm.warn(session)


def the_call(desk: Desk, by: Who) -> UUID:
    """The nurse has the case that the clock opened."""
    (case,) = [one for one in desk.cases() if one.kind == "tcm_call"]
    with desk.begin() as session:
        return cases.claim(session, case.id, by=by).id


def log(desk: Desk, case_id: UUID, result: str, by: Who) -> str:
    with desk.begin() as session:
        return tcm.log_call(session, cases.get(session, case_id), method="phone", result=result, by=by).words()


@pytest.mark.req("N18", by="workflows.tcm:log_call")
def test_the_care_team_sees_how_many_people_tried_and_how_long_remains(desk: Desk) -> None:
    home(desk)
    assert warn(desk) == 0
    desk.at(WEDNESDAY_ELEVEN)

    assert warn(desk) == 1
    assert "0 of 2 human contact attempts, 6 business hours left" in card(desk, "tcm_call")
    ann = nurse(desk)
    case = the_call(desk, ann)
    assert log(desk, case, "left_message", ann) == "1 of 2 human contact attempts, 6 business hours left"
    desk.at(WEDNESDAY_ELEVEN + timedelta(hours=2))
    log(desk, case, "spoke", ann)

    assert "spoke (phone), in time" in card(desk, "tcm_call")
    with desk.begin() as session:
        clock = session.scalars(select(ContactClock)).one()
        tries = list(session.scalars(select(ContactAttempt.result).order_by(ContactAttempt.at)))
    assert (tries, clock.spoke_by) == (["left_message", "spoke"], "phone")
    assert len(desk.planned()) == 1  # the text that Careloop sent is no attempt


def test_the_case_is_opened_once_and_not_where_somebody_tried(desk: Desk) -> None:
    home(desk)
    desk.at(WEDNESDAY_ELEVEN)

    assert [warn(desk), warn(desk)] == [1, 0]


def test_a_clock_that_ran_out_unseen_says_so(desk: Desk) -> None:
    home(desk)
    desk.at(WEDNESDAY_ELEVEN + timedelta(days=2))

    assert warn(desk) == 1
    assert "the 2 business days after discharge are over" in card(desk, "tcm_call")


def test_closing_a_case_of_the_discharge_with_a_call_made_counts(desk: Desk) -> None:
    publish(desk, "pre_check: [instructions]")
    discharged(desk, desk.patient())
    ann = nurse(desk)
    (case,) = desk.cases()
    with desk.begin() as session:
        cases.claim(session, case.id, by=ann)
        closing.close(session, case.id, "unreachable", by=ann)
    desk.at(WEDNESDAY_ELEVEN)

    assert warn(desk) == 0
    with desk.begin() as session:
        assert session.scalars(select(ContactAttempt.result)).all() == ["no_answer"]


def test_who_is_in_hospital_again_is_not_called(desk: Desk) -> None:
    patient = home(desk)
    with desk.begin() as session:
        factories.patient_of(session, patient).admitted = True
    desk.at(WEDNESDAY_ELEVEN)

    assert warn(desk) == 0


def test_a_call_is_not_logged_on_a_case_without_a_discharge(desk: Desk) -> None:
    desk.enrolled(phone=None)
    ann = nurse(desk)
    case = desk.cases()[0]

    with pytest.raises(Refused, match="not about a discharge"):
        log(desk, case.id, "spoke", ann)
