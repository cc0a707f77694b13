"""Finding a patient who is on the phone, and what is done for her on her word."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.errors import Refused
from core.ids import show
from storage.db import vault
from storage.tables import AuditRow, Case, Patient
from tests import factories
from tests.service.desk import PHONE, Desk
from workflows import lookup, lookup_acts, staff
from workflows.lookup import Asked, Hit
from workflows.staff import Who


def who(desk: Desk, role: str = "agent") -> Who:
    with desk.begin() as session:
        factories.a_member_of_staff(session, role=role, slack_id=f"U0{role.upper()}")
        return staff.of_slack(session, factories.WORKSPACE, f"U0{role.upper()}")


def search(desk: Desk, by: Who, **asked: str) -> list[Hit]:
    with desk.begin() as session:
        return lookup.search(session, Asked(**asked), by=by)


def mrn_of(desk: Desk, patient: UUID) -> str:
    with desk.begin() as session:
        row = factories.patient_of(session, patient)
        assert row.mrn is not None
        return vault(session).open(row.mrn, "patients.mrn", row.id)


def actions(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    with desk.begin() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.detail).order_by(AuditRow.id))
        return [(row.action, row.detail) for row in rows]


@pytest.mark.parametrize("born", ["4/12/1961", "1961-04-12", "04121961", " 04-12-1961 "])
def test_a_last_name_in_any_case_and_a_birth_date_as_people_write_it(desk: Desk, born: str) -> None:
    patient, by = desk.patient(), who(desk)

    assert [hit.id for hit in search(desk, by, family=" dELGADO ", born=born)] == [patient]


def test_a_phone_finds_everybody_charted_with_it_and_an_mrn_finds_one(desk: Desk) -> None:
    patient, by = desk.patient(), who(desk)
    other = desk.sharing(patient, given="Luz", birth=date(2001, 1, 2))

    assert {hit.id for hit in search(desk, by, phone="(312) 555-0101")} == {patient, other}
    assert [hit.id for hit in search(desk, by, mrn=f" {mrn_of(desk, other)} ")] == [other]
    assert search(desk, by, phone=PHONE, mrn="MRN-nobody") == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "Give the last name and the birth date"),
        ({"family": "Delgado"}, "Give the last name and the birth date"),
        ({"born": "4/12/1961"}, "Give the last name and the birth date"),
        ({"family": "Delgado", "born": "in spring"}, "no birth date"),
        ({"phone": "0"}, "no phone number"),
        ({"phone": "\0"}, "no phone number"),
        ({"mrn": "\0"}, "Give the last name"),
    ],
)
def test_what_cannot_be_looked_up_says_what_to_give(desk: Desk, asked: dict[str, str], says: str) -> None:
    by = who(desk)

    with pytest.raises(Refused, match=says):
        search(desk, by, **asked)


@pytest.mark.parametrize("role", ["viewer", "admin", "auditor"])
def test_who_does_not_work_with_patients_finds_and_does_nothing(desk: Desk, role: str) -> None:
    patient, by = desk.patient(), who(desk, role)

    with pytest.raises(Refused, match="cannot look up"):
        search(desk, by, phone=PHONE)
    with pytest.raises(Refused, match="cannot look up"), desk.begin() as session:
        lookup.see(session, patient, by=by)
    with pytest.raises(Refused, match="cannot look up"), desk.begin() as session:
        lookup_acts.stop_texts(session, patient, said_by="patient", by=by)
    assert not desk.suppressed()


def test_the_audit_has_how_it_was_asked_and_counts_and_nothing_that_was_typed(desk: Desk) -> None:
    patient, by = desk.patient(), who(desk)
    search(desk, by, family="Delgado", born="4/12/1961")
    with desk.begin() as session:
        lookup.see(session, patient, by=by)

    said = actions(desk)
    assert ("patient.searched", {"by": "name_birth", "found": 1}) in said
    assert ("patient.viewed", {}) in said
    assert "elgado" not in str(said)
    assert "Delgado" not in repr(Asked(family="Delgado"))


def test_on_her_word_every_text_stops_once_and_twice_says_so(desk: Desk) -> None:
    enrollment, by = desk.enrolled(), who(desk)
    patient = desk.enrollment(enrollment).patient_id

    def stop() -> str:
        with desk.begin() as session:
            return lookup_acts.stop_texts(session, patient, said_by="patient", by=by)

    first, second = stop(), stop()

    assert first.startswith("Stopped.")
    assert second == "Texts were stopped already. Nothing was changed."
    assert desk.suppressed()
    assert desk.enrollment(enrollment).state == "ended"
    assert [action for action, _ in actions(desk)].count("patient.opted_out") == 1


@pytest.mark.parametrize(("how", "state"), [("pause", "paused"), ("end", "ended")])
def test_one_program_pauses_or_ends_and_twice_says_so(desk: Desk, how: str, state: str) -> None:
    enrollment, by = desk.enrolled(), who(desk)
    patient = desk.enrollment(enrollment).patient_id

    def stop() -> str:
        with desk.begin() as session:
            return lookup_acts.stop_program(session, patient, enrollment, how=how, by=by)

    stop()
    assert desk.enrollment(enrollment).state == state
    assert "already" in stop()


def test_a_program_of_somebody_else_is_not_stopped(desk: Desk) -> None:
    enrollment, by = desk.enrolled(), who(desk)
    other = desk.patient(phone="+13125550199")

    with pytest.raises(Refused, match="out of date"), desk.begin() as session:
        lookup_acts.stop_program(session, other, enrollment, how="end", by=by)
    assert desk.enrollment(enrollment).state != "ended"


def test_a_number_told_is_one_case_with_a_sealed_note_and_a_new_one_once_settled(desk: Desk) -> None:
    patient, by = desk.patient(), who(desk)

    def tell() -> str:
        with desk.begin() as session:
            return lookup_acts.new_number(session, patient, "312 555 0142", by=by)

    first, second = tell(), tell()
    case = desk.cases()[0]
    with desk.begin() as session:
        assert case.note is not None
        note = vault(session).open(case.note, "cases.note", case.id)
        for row in session.scalars(select(Case)):
            row.state = "closed"
    third = tell()

    assert first == second
    assert f"Case {case.number} asks for it" in first
    assert (case.kind, case.reason) == ("chart_update", "number_told")
    assert note == "New number, told on the phone: +13125550142"
    assert third != first
    with desk.begin() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 2
    assert "0142" not in str(actions(desk)) + case.dedupe_key


def test_a_number_on_file_makes_no_case(desk: Desk) -> None:
    patient, by = desk.patient(), who(desk)

    with desk.begin() as session:
        assert "on file already" in lookup_acts.new_number(session, patient, PHONE, by=by)
    assert desk.cases() == []


@pytest.mark.parametrize(("ehr_id", "language", "kinds"), [("csv-1", "es", []), ("pt-1", "en", ["chart_update"])])
def test_a_language_is_kept_at_once_only_where_no_chart_keeps_it(
    desk: Desk, ehr_id: str, language: str, kinds: list[str]
) -> None:
    patient, by = desk.patient(ehr_id=ehr_id), who(desk)

    with desk.begin() as session:
        lookup_acts.set_language(session, patient, "es", by=by)

    assert [case.kind for case in desk.cases()] == kinds
    with desk.begin() as session:
        assert session.scalars(select(Patient.language).where(Patient.id == patient)).one() == language
        assert show("pat", patient).startswith("pat_")
