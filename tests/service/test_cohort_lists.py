"""Lists: matched to the chart row by row, kept in one transaction, the same file once, the chart never overwritten."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from core.errors import Refused
from handlers.cli.commands.cohort import COMMAND
from handlers.cli.root import Root
from storage.db import vault
from storage.tables import Cohort, CohortEntry, CohortUpload, Consent, Patient, PhoneNumber
from tests import factories
from tests.service.desk import Desk
from workflows import cohorts, patients
from workflows.cohorts import uploads
from workflows.cohorts.groups import Group
from workflows.cohorts.uploads import Answer, Asked
from workflows.ehr_facts import PatientFact

HEAD = "mrn,last name,dob,phone,consent who,consent at,consent how,consent wording,consent scope\n"


@pytest.fixture
def charted(desk: Desk) -> Desk:
    """Four people with the mrns M1 to M4; M4 shares M3's name and birth date."""
    with desk.begin() as session:
        for number, family in ((1, "Delgado"), (2, "Okoye"), (3, "Polk"), (4, "Polk")):
            mrn = vault(session).lookup("mrn", f"M{number}")
            factories.a_patient(
                session,
                phone=f"+1312555010{number}",
                family=family,
                consented=False,
                mrn_hash=mrn,
                ehr_id=f"pt-{number}",
            )
    return desk


def upload(desk: Desk, text: str, *, source: str = "billing") -> Answer:
    with desk.begin() as session:
        return cohorts.from_csv(session, Asked(text.encode(), source=source, title="List", by="system"))


def on_list(desk: Desk, answer: Answer) -> dict[str, str]:
    """Match confidence by EHR id."""
    with desk.begin() as session:
        rows = session.execute(
            select(Patient.ehr_id, CohortEntry.match_confidence)
            .join(CohortEntry, CohortEntry.patient_id == Patient.id)
            .where(CohortEntry.cohort_id == answer.cohort_id)
        )
        return {row.ehr_id: row.match_confidence for row in rows}


@pytest.mark.req("S8", by="workflows.cohorts.uploads:from_csv")
@pytest.mark.req("S91", by="workflows.cohorts.matching:match")
@pytest.mark.req("S104", by="workflows.cohorts.matching:_one")
def test_each_row_is_matched_or_answered_with_its_reason(charted: Desk) -> None:
    rows = [
        "M1,Delgado,1961-04-12,,,,,,",
        "M2,,,312-555-0102,,,,,",
        "M2,,,,,,,,",  # twice
        "M3,Somebody,1970-01-01,,,,,,",  # the mrn says one person, name and birth date another
        "X9,Delgado,04/12/1961,,,,,,",  # only name and birth date: M1 again
        "X8,Polk,1961-04-12,,,,,,",  # two people of that name and birth date
        "X7,New,1999-09-09,(312) 555-0177,,,,,",  # nobody has this mrn
        "X6,Nobody,1999-09-09,,,,,,",
        ",Nobody,,3125550179,,,,,",
        "M4,,,555,,,,,",
        "M4,,31.31.1999,,,,,,",
        "M4,too,few",
    ]

    answer = upload(charted, HEAD + "\n".join(rows) + "\n")

    listed = on_list(charted, answer)
    assert {key: listed[key] for key in ("pt-1", "pt-2", "pt-3")} == {"pt-1": "sure", "pt-2": "sure", "pt-3": "low"}
    assert [key for key in listed if key.startswith("csv-")] != []
    assert len(listed) == 4
    told = [line.split(",")[:2] for line in answer.rejected_csv.splitlines()[1:]]
    assert told == [
        ["4", "duplicate"], ["6", "duplicate"], ["7", "ambiguous"], ["9", "unknown_patient"], ["10", "no_id"], ["11", "phone"],
        ["12", "birth_date"], ["13", "cells"],
    ]  # fmt: skip
    assert (answer.counts["rows"], answer.counts["members"], answer.counts["low_confidence"]) == (12, 4, 1)


def test_the_same_file_again_is_the_same_list_and_another_source_is_another(charted: Desk) -> None:
    first = upload(charted, "mrn\nM1\n")

    again = upload(charted, "mrn\nM1\n")
    other = upload(charted, "mrn\nM1\n", source="registry")

    assert (again.cohort_id, again.again) == (first.cohort_id, True)
    assert other.cohort_id != first.cohort_id
    with charted.begin() as session:
        assert session.scalar(select(func.count()).select_from(Cohort)) == 2


def test_the_charts_own_facts_are_never_overwritten(charted: Desk) -> None:
    upload(charted, "mrn,last name,dob,phone,language\nM1,Changed,1999-01-01,312-555-0188,es\n")

    with charted.begin() as session:
        row = session.scalars(select(Patient).where(Patient.ehr_id == "pt-1")).one()
        assert vault(session).open(row.family, "patients.family", row.id) == "Delgado"
        assert (row.language, row.birth_year) == ("en", 1961)
        assert session.scalar(select(func.count()).select_from(PhoneNumber)) == 4


@pytest.mark.parametrize(
    ("cells", "recorded"),
    [
        ("M1,,,312-555-0101,Rosa Delgado,2026-10-01,intake form,form-2026,care texts", 1),
        ("M1,,,312-555-0101,Rosa Delgado,2026-10-01,intake form,,care texts", 0),
        ("M1,,,312-555-0101,Rosa Delgado,someday,intake form,form-2026,care texts", 0),
        ("M1,,,312-555-0102,Rosa Delgado,2026-10-01,intake form,form-2026,care texts", 0),  # another's number
        (
            "M1,Else,1970-01-01,312-555-0101,Rosa Delgado,2026-10-01,intake form,form-2026,care texts",
            0,
        ),  # not surely hers
    ],
)
def test_a_consent_counts_when_all_six_facts_are_there_and_the_number_is_the_patients(
    charted: Desk, cells: str, recorded: int
) -> None:
    answer = upload(charted, HEAD + cells + "\n")

    with charted.begin() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == recorded
    assert answer.counts["consents"] == recorded


def test_a_file_without_a_usable_row_leaves_nothing_behind(charted: Desk) -> None:
    with pytest.raises(Refused, match="unknown_patient 1"):
        upload(charted, "mrn\nX1\n")

    with charted.begin() as session:
        assert session.scalar(select(func.count()).select_from(CohortUpload)) == 0
        assert session.scalar(select(func.count()).select_from(Cohort)) == 0


def test_a_patient_whom_a_list_named_first_becomes_the_charts_own(charted: Desk) -> None:
    upload(charted, "mrn,phone\nX7,312-555-0177\n")
    fact = PatientFact("pt-7", "X7", "New", "Ann", (), None, date(1999, 9, 9), "es", None, "IL", True, False, "1")

    with charted.begin() as session:
        patients.mirror(session, fact)

    with charted.begin() as session:
        hashes = vault(session).lookups("mrn", "X7")
        assert session.scalars(select(Patient.ehr_id).where(Patient.mrn_hash.in_(hashes))).all() == ["pt-7"]


def test_the_file_is_kept_sealed_and_forgotten_after_a_week(charted: Desk) -> None:
    upload(charted, "mrn\nM1\n")

    def raw() -> bytes | None:
        with charted.begin() as session:
            return session.scalar(select(CohortUpload.raw))

    sealed = raw()
    charted.at(factories.MONDAY_NOON + timedelta(days=8))
    with charted.begin() as session:
        dropped = uploads.drop_raw(session)

    assert sealed is not None
    assert b"M1" not in sealed
    assert (dropped, raw()) == (1, None)


def test_a_group_of_the_ehr_is_a_list_and_follows_it(charted: Desk) -> None:
    def take(*members: str) -> tuple[int, int]:
        with charted.begin() as session:
            cohort_id, unknown = cohorts.from_group(session, Group("panel", "Panel", members), actor="system")
            return cohorts.evaluate(session, cohort_id).funnel["in"], unknown

    assert take("pt-1", "pt-2", "pt-99") == (2, 1)
    assert take("pt-2") == (1, 0)
    with pytest.raises(Refused):
        take("pt-98")


def test_preview_tells_counts_by_reason_and_nothing_of_any_patient(charted: Desk, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("mrn,last name,dob\nM1,Delgado,1961-04-12\nX1,Secret,1950-01-01\n", "utf-8")
    root = Root(settings=lambda *names: None, database=lambda settings: charted.db)  # type: ignore[arg-type]

    shown = CliRunner().invoke(COMMAND, ["preview", "--csv", str(file), "--json"], obj=root)

    told = json.loads(shown.stdout)
    assert shown.exit_code == 0
    assert (told["in"], told["rows"]["members"], told["rows"]["rejected.unknown_patient"]) == (1, 1, 1)
    assert not any(word in shown.output for word in ("Delgado", "Secret", "M1", "X1", "1961"))
    with charted.begin() as session:
        assert session.scalar(select(func.count()).select_from(Cohort)) == 0
