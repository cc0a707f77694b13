"""Two charts of one person are found when the second one comes."""

from dataclasses import replace
from datetime import date

from tests.service.desk import Desk
from workflows import patients
from workflows.ehr_facts import PatientFact

ANN = PatientFact("pt-7", "X7", "New", "Ann", (), None, date(1999, 9, 9), "es", None, "IL", True, False, "1")


def test_the_second_chart_of_one_person_is_one_case_and_a_twin_is_none(desk: Desk) -> None:
    twin = replace(ANN, ehr_id="pt-8", mrn="X8", given="Zoe")
    double = replace(ANN, ehr_id="pt-9", mrn="X9", given="ann")

    for facts in ([ANN, twin], [double], [double]):
        with desk.begin() as session:
            patients.mirror_all(session, facts)

    assert [(case.kind, case.reason) for case in desk.cases()] == [("duplicate_chart", "same_person")]


def test_a_whole_import_is_not_asked_about_one_by_one(desk: Desk) -> None:
    many = [replace(ANN, ehr_id=f"pt-{number}", mrn=f"X{number}") for number in range(100, 301)]

    with desk.begin() as session:
        patients.mirror_all(session, many)

    assert desk.cases() == []
