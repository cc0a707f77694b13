"""One patient's program stands still by hand, and goes on by hand."""

import pytest
from sqlalchemy import select

from core.errors import Refused
from core.ids import show
from storage.tables import AuditRow
from tests import factories
from tests.service.desk import Desk
from workflows import cases, pausing, staff
from workflows.staff import Who


def who(desk: Desk, role: str = "manager") -> Who:
    with desk.begin() as session:
        slack = f"U0{role.upper()}"
        factories.a_member_of_staff(session, role=role, slack_id=slack)
        return staff.of_slack(session, factories.WORKSPACE, slack)


def test_a_paused_patient_is_not_texted_and_a_person_lets_it_go_on(desk: Desk) -> None:
    enrollment, by = desk.enrolled(), who(desk)
    with desk.begin() as session:
        pausing.pause(session, enrollment, by=by)
    still = desk.enrollment(enrollment)

    with desk.begin() as session:
        pausing.resume(session, enrollment, by=by)

    assert (still.state, still.paused_for) == ("paused", "operator")
    assert desk.enrollment(enrollment).state != "paused"
    with desk.begin() as session:
        subject = AuditRow.subject_id == show("enr", enrollment)
        said = session.scalars(select(AuditRow.action).where(subject, AuditRow.action.like("enrollment.%ed")))
        assert {"enrollment.paused", "enrollment.resumed"} <= set(said)


def test_pausing_twice_or_resuming_what_goes_on_is_refused_with_what_is_true(desk: Desk) -> None:
    enrollment, by = desk.enrolled(), who(desk)

    with pytest.raises(Refused, match="not paused"), desk.begin() as session:
        pausing.resume(session, enrollment, by=by)
    with desk.begin() as session:
        pausing.pause(session, enrollment, by=by)
    with pytest.raises(Refused, match="paused already, by a person"), desk.begin() as session:
        pausing.pause(session, enrollment, by=by)


def test_what_stands_still_for_a_clinical_case_is_not_let_go_by_a_command(desk: Desk) -> None:
    enrollment, by = desk.enrolled(), who(desk)
    desk.arrive()
    desk.text("I have crushing chest pain and can't breathe")

    with pytest.raises(Refused, match="clinical case"), desk.begin() as session:
        pausing.resume(session, enrollment, by=by)


def test_mine_are_the_programs_behind_the_cases_a_person_has(desk: Desk) -> None:
    mine, by = desk.enrolled(phone=None), who(desk)
    with desk.begin() as session:
        assert list(pausing.mine(session, by)) == []
        cases.claim(session, desk.cases()[0].id, by=by)

    with desk.begin() as session:
        assert list(pausing.mine(session, by)) == [mine]
