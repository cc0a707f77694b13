"""Whom a person may name when they start a program by hand."""

from typing import Any

import pytest
from sqlalchemy import select, update

from core.errors import Refused
from storage.db import vault
from storage.tables import Enrollment, Organisation
from tests import factories
from tests.service.desk import Desk
from workflows import staff, staff_start
from workflows.staff import Who


def agent(desk: Desk) -> Who:
    with desk.begin() as session:
        factories.a_member_of_staff(session)
        return staff.of_slack(session, factories.WORKSPACE, "U0AGENT")


def level(desk: Desk, phi: str) -> None:
    with desk.begin() as session:
        session.execute(update(Organisation).values(phi_level=phi))


def start(desk: Desk, patient: str, by: Who, **said: Any) -> str:
    usual: dict[str, Any] = {"reason": "list_work", "population": "Overdue"}
    with desk.begin() as session:
        return staff_start.start(session, "no_show", patient, by=by, **(usual | said))


def mrn(desk: Desk) -> str:
    patient = desk.patient()
    with desk.begin() as session:
        row = factories.patient_of(session, patient)
        assert row.mrn is not None
        return vault(session).open(row.mrn, "patients.mrn", row.id)


def test_a_record_number_is_taken_only_where_slack_may_see_patients(desk: Desk) -> None:
    number, by = mrn(desk), agent(desk)

    with pytest.raises(Refused, match="No patient here has this id"):
        start(desk, number, by)
    level(desk, "initials")
    assert start(desk, number, by) == "The program has started."


def test_a_case_number_names_its_patient(desk: Desk) -> None:
    desk.enrolled(phone=None)
    number, by = desk.cases()[0].number, agent(desk)

    with pytest.raises(Refused, match="in this program already"):
        start(desk, str(number), by)


@pytest.mark.parametrize("said", [{"reason": "because"}, {"population": " ?! "}])
def test_without_a_reason_and_a_population_nothing_starts(desk: Desk, said: dict[str, str]) -> None:
    desk.patient(ehr_id="pt-1")

    with pytest.raises(Refused, match="Say why, and for which population"):
        start(desk, "pt-1", agent(desk), **said)


def test_who_is_not_to_be_contacted_is_not_started(desk: Desk) -> None:
    desk.patient(ehr_id="pt-1", do_not_contact=True)

    with pytest.raises(Refused, match="not to contact"):
        start(desk, "pt-1", agent(desk))


def test_a_start_carries_who_why_and_for_whom(desk: Desk) -> None:
    desk.patient(ehr_id="pt-1")
    by = agent(desk)

    start(desk, "pt-1", by)

    with desk.begin() as session:
        made = session.scalars(select(Enrollment)).one()
    assert (made.source, made.owner, made.segment) == ("staff", by.actor, "overdue")
