"""A stay or treatment that ended is told once, to programs or to people, by how it ended."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.tables import Decision, Patient, TriggerEvent
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import clinical, discharges
from workflows.ehr_facts import ClinicalFact

STAY = "finished"
PUMP = (("http://snomed.info/sct", "232717009"),)


def a_stay(
    status: str = STAY, *, disposition: str | None = "home", hours: int = 3, version: int = 1, kind: str = "IMP"
) -> ClinicalFact:
    until = MONDAY_NOON - timedelta(hours=hours) if status == STAY else None
    return ClinicalFact(
        "Encounter", "enc-1", "pt-1", status, (), MONDAY_NOON - timedelta(days=4), until=until, class_code=kind,
        disposition=disposition, updated_at=MONDAY_NOON + timedelta(minutes=version),
    )  # fmt: skip


def hear(desk: Desk, *facts: ClinicalFact) -> None:
    with desk.begin() as session:
        discharges.notice(session, clinical.mirror(session, facts))


def told(desk: Desk) -> list[str]:
    with desk.begin() as session:
        return list(session.scalars(select(TriggerEvent.kind).order_by(TriggerEvent.id)))


def ledger(desk: Desk) -> list[str]:
    with desk.begin() as session:
        found = session.scalars(
            select(Decision.rule).where(Decision.rule.startswith("discharge.")).order_by(Decision.id)
        )
        return list(found)


@pytest.fixture
def known(desk: Desk) -> Desk:
    desk.patient(ehr_id="pt-1")
    return desk


def test_a_discharge_home_is_told_to_programs_once(known: Desk) -> None:
    hear(known, a_stay("in-progress"))
    hear(known, a_stay(version=2))
    hear(known, a_stay(version=3))

    with known.begin() as session:
        heard = session.scalars(select(TriggerEvent)).one()
    assert (heard.kind, heard.source, heard.context["encounter"]) == ("encounter.discharged", "ehr", "enc-1")
    assert heard.occurred_at == MONDAY_NOON - timedelta(hours=3)


@pytest.mark.parametrize(
    ("disposition", "rule", "reason"),
    [
        ("snf", "discharge.facility", None),
        ("aadvice", "discharge.against_advice", "discharge_against_advice"),
        ("07", "discharge.against_advice", "discharge_against_advice"),
        ("hosp", "discharge.hospice", "discharge_hospice"),
        ("exp", "discharge.died", "discharge_died"),
        ("local-code", "discharge.unknown", "discharge_unknown"),
    ],
)
def test_how_a_stay_ended_decides_whether_automation_may_follow(
    known: Desk, disposition: str, rule: str, reason: str | None
) -> None:
    hear(known, a_stay(disposition=disposition))

    assert told(known) == []
    assert ledger(known) == [rule]
    assert [case.reason for case in known.cases()] == ([reason] if reason else [])


@pytest.mark.parametrize("fact", [a_stay(hours=31 * 24), a_stay(kind="AMB")], ids=["long ago", "a visit"])
def test_history_and_visits_are_no_discharges(known: Desk, fact: ClinicalFact) -> None:
    hear(known, fact)

    assert told(known) == []


def test_a_completed_treatment_is_told_unless_it_was_part_of_a_stay(known: Desk) -> None:
    at = MONDAY_NOON - timedelta(hours=5)
    hear(known, a_stay("in-progress"))
    hear(known, ClinicalFact("Procedure", "p1", "pt-1", "completed", PUMP, at, until=at, within_ehr_id="enc-1"))
    hear(known, ClinicalFact("Procedure", "p2", "pt-1", "completed", PUMP, at, until=at))

    with known.begin() as session:
        heard = session.scalars(select(TriggerEvent)).one()
    assert (heard.kind, heard.context) == (
        "treatment.completed",
        {"procedure": "p2", "code": "http://snomed.info/sct|232717009"},
    )


def test_an_admission_marks_the_patient_until_the_stay_ends(known: Desk) -> None:
    def state() -> tuple[bool, bool]:
        with known.begin() as session:
            row = session.scalars(select(Patient)).one()
            return row.admitted, row.hospice

    hear(known, a_stay("in-progress", disposition=None))
    inside = state()
    hear(known, a_stay(disposition="hosp", version=2))

    assert (inside, state()) == ((True, False), (False, True))


@pytest.mark.parametrize("code", ["home", "06", "EXP", "51", "snf", "never-heard-of"])
def test_every_code_has_one_meaning(code: str) -> None:
    meant = {
        "home": "home",
        "06": "home",
        "EXP": "died",
        "51": "hospice",
        "snf": "facility",
        "never-heard-of": "unknown",
    }

    assert discharges.verdict(code) == meant[code]
