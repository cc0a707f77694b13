"""Cohorts: who belongs by the chart, counted again independently; missing data is no gap when nobody has read the feed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from handlers.cli import chart_import
from storage.db import org_of
from storage.tables import (
    Appointment,
    ClinicalRecord,
    CohortMember,
    EhrFeed,
    Enrollment,
    Patient,
    ProgramRow,
    ProgramVersion,
)
from tests import plain_count, small_chart
from tests.service.desk import Desk
from workflows import clinical, cohorts
from workflows.cohorts import evaluation
from workflows.cohorts.evaluation import BASE, Run
from workflows.ehr_facts import ClinicalFact

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fhir"
ZONE = "America/Chicago"
SETS = ["small", pytest.param("shared", marks=pytest.mark.skipif(not SHARED.exists(), reason="not part of a clone"))]

BEFORE = (*BASE, "require.known_here")


def preview(desk: Desk, code: str) -> Run:
    with desk.begin() as session:
        cohorts.save_built_in(session, actor="system")
        return cohorts.evaluate(session, cohorts.by_code(session, code).id)


def left(run: Run, step: str) -> int:
    return next(int(one["left"]) for one in run.funnel["steps"] if one["step"] == step)


@pytest.fixture
def small(desk: Desk, tmp_path: Path) -> Path:
    """The small chart, imported."""
    folder = small_chart.write(tmp_path / "chart", small_chart.chart())
    desk.at(small_chart.NOW)
    chart_import.run(desk.db, desk.org, folder)
    return folder


@pytest.mark.parametrize("which", SETS)
@pytest.mark.req("S9", by="workflows.cohorts.evaluation:evaluate")
def test_cohort_preview_equals_an_independent_count(desk: Desk, tmp_path: Path, which: str) -> None:
    folder = SHARED if which == "shared" else small_chart.write(tmp_path / "chart", small_chart.chart(200))
    desk.at(small_chart.NOW)
    report = chart_import.run(desk.db, desk.org, folder)
    table = plain_count.Table(folder, small_chart.NOW, ZONE)
    a1c = plain_count.diabetes_a1c(table, six_months_ago=date(2026, 5, 22), in_sixty_days=date(2027, 1, 21))
    breast = plain_count.mammography(table, months_ago_27=date(2024, 8, 22), in_ninety_days=date(2027, 2, 20))
    well = plain_count.wellness(
        table, eleven_months_ago=date(2025, 12, 22), three_years_ago=date(2023, 11, 22), in_sixty_days=date(2027, 1, 21)
    )

    runs = {code: preview(desk, code) for code in ("diabetes_a1c", "mammography", "wellness")}

    assert report.errors == []
    assert runs["diabetes_a1c"].funnel["considered"] == a1c["considered"]
    assert left(runs["diabetes_a1c"], "require.diabetes") == a1c["diabetes"]
    assert left(runs["diabetes_a1c"], "exclude.a1c_recent") == a1c["a1c_recent"]
    assert left(runs["diabetes_a1c"], "exclude.visit_booked") == a1c["visit_booked"]
    assert left(runs["mammography"], "sex") == breast["base"]
    assert left(runs["mammography"], "exclude.mammogram_recent") == breast["mammogram_recent"]
    assert left(runs["mammography"], "exclude.mammogram_booked") == breast["mammogram_booked"]
    assert [run.funnel["in"] for run in runs.values()] == [a1c["in"], breast["in"], well]
    assert which == "shared" or all(run.funnel["in"] > 0 for run in runs.values())


def test_the_members_say_why_they_are_in_and_why_they_are_out(desk: Desk, small: Path) -> None:
    run = preview(desk, "diabetes_a1c")

    with desk.begin() as session:
        inside, outside = (cohorts.members(session, run.id, verdict=verdict) for verdict in ("in", "out"))
        records = set(session.scalars(select(ClinicalRecord.resource + "/" + ClinicalRecord.ehr_id)))
    assert len(inside) == run.funnel["in"]
    assert all(set(member.evidence) == {"diabetes"} and member.reason is None for member in inside)
    assert all(member.evidence["diabetes"]["record"] in records for member in inside)
    recent = [member for member in outside if member.reason == "exclude.a1c_recent"]
    assert recent
    assert all(member.evidence["a1c_recent"]["at"] for member in recent)


@pytest.mark.parametrize("feed", ["Observation", "Appointment"])
def test_what_is_missing_is_no_gap_when_the_feed_was_not_read_lately(desk: Desk, small: Path, feed: str) -> None:
    with desk.begin() as session:
        old = update(EhrFeed).where(EhrFeed.org_id == org_of(session), EhrFeed.resource == feed)
        session.execute(old.values(read_at=EhrFeed.read_at - timedelta(days=5)))

    run = preview(desk, "diabetes_a1c")

    assert run.funnel["in"] == 0
    assert run.funnel["stale"] == [feed]
    assert run.funnel["steps"][-1]["step"] == "stale"


def test_a_stay_in_hospital_a_hospice_and_a_running_program_keep_a_patient_out(desk: Desk, small: Path) -> None:
    before = preview(desk, "wellness")
    with desk.begin() as session:
        chosen = [member.patient_id for member in cohorts.members(session, before.id)][:3]
        session.execute(update(Patient).where(Patient.id == chosen[0]).values(admitted=True))
        session.execute(update(Patient).where(Patient.id == chosen[1]).values(hospice=True))
        enrol(desk, chosen[2])

    after = preview(desk, "wellness")

    with desk.begin() as session:
        out = {m.patient_id: m.reason for m in cohorts.members(session, after.id, verdict="out")}
    assert [out.get(patient) for patient in chosen] == ["admitted", "hospice", "live"]
    assert after.funnel["in"] == before.funnel["in"] - 3


def enrol(desk: Desk, patient_id: UUID) -> None:
    """Into the program that the rule names."""
    with desk.begin() as session:
        program = session.scalar(select(ProgramRow).where(ProgramRow.code == "recall"))
        if program is None:
            program = ProgramRow(org_id=desk.org, code="recall", title="Recall")
            session.add(program)
            session.flush()
        version = session.scalars(select(ProgramVersion).limit(1)).one()
        session.add(
            Enrollment(
                org_id=desk.org, program_id=program.id, version_id=version.id, patient_id=patient_id, state="waiting",
                started_at=small_chart.NOW, owner="system", source="test",
            )
        )  # fmt: skip


def test_the_longest_waiting_go_first_when_a_cohort_is_too_large(desk: Desk, small: Path) -> None:
    whole = preview(desk, "wellness")
    source = cohorts.built_in()["wellness"].replace("max_size: 2000", "max_size: 2")
    with desk.begin() as session:
        cohorts.save(session, source, actor="system")

    run = preview(desk, "wellness")

    with desk.begin() as session:
        kept = cohorts.members(session, run.id)
        everybody = cohorts.members(session, whole.id)
    since = sorted(member.evidence["known_here"]["at"] for member in everybody)
    assert run.funnel["in"] == 2
    assert sorted(member.evidence["known_here"]["at"] for member in kept) == since[:2]
    assert run.funnel["steps"][-1] == {"step": "max_size", "out": whole.funnel["in"] - 2, "left": 2}


def test_who_was_out_is_forgotten_after_a_week_and_who_was_in_is_not(desk: Desk, small: Path) -> None:
    run = preview(desk, "wellness")

    desk.at(small_chart.NOW + timedelta(days=8))
    with desk.begin() as session:
        dropped = evaluation.forget_outs(session)

    with desk.begin() as session:
        assert (
            dropped
            == run.funnel["considered"]
            - sum(s["out"] for s in run.funnel["steps"] if s["step"] in BEFORE)
            - run.funnel["in"]
        )
        assert len(cohorts.members(session, run.id)) == run.funnel["in"]
        assert cohorts.members(session, run.id, verdict="out") == []


def test_importing_twice_changes_nothing_and_starts_nothing(desk: Desk, small: Path) -> None:
    def everything() -> tuple[int, ...]:
        with desk.begin() as session:
            tables = (Patient, Appointment, ClinicalRecord, Enrollment, CohortMember)
            return tuple(len(session.scalars(select(table)).all()) for table in tables)

    before = everything()

    again = chart_import.run(desk.db, desk.org, small)

    assert everything() == before
    assert before[3] == 0
    assert again.errors == []


def test_what_cannot_be_read_is_told_by_line_and_the_rest_goes_in(desk: Desk, tmp_path: Path) -> None:
    rows = small_chart.chart(3)
    folder = small_chart.write(tmp_path / "chart", rows)
    with folder.joinpath("Condition.ndjson").open("ab") as file:
        file.write(b'{"resourceType": "Condition", "id": "no-subject"}\nnot json\n\xff\xfe\n[1]\n')
        file.write(b'{"resourceType": "Condition", "id": "c9", "subject": {"reference": "Patient/nobody"}}\n')
    first = len(rows["Condition"]) + 1

    report = chart_import.run(desk.db, desk.org, folder)

    assert report.errors == [
        f"Condition.ndjson:{first + 1}: not a line of JSON in UTF-8",
        f"Condition.ndjson:{first + 2}: not a line of JSON in UTF-8",
        f"Condition.ndjson:{first + 3}: not a FHIR resource",
        f"Condition.ndjson:{first}: Condition names no patient: subject",
        f"Condition.ndjson:{first + 4}: Condition: its patient is not known, or a newer version is",
    ]
    assert report.written["Patient"] == 3


def test_an_older_version_of_a_record_undoes_nothing(desk: Desk) -> None:
    desk.patient(ehr_id="pt-1")

    def fact(status: str, minute: int) -> ClinicalFact:
        at = datetime(2026, 11, 1, 12, minute, tzinfo=UTC)
        return ClinicalFact("Condition", "c1", "pt-1", status, (("urn:x", "A"), ("urn:x", "B")), at, updated_at=at)

    with desk.begin() as session:
        clinical.mirror(session, [fact("active", 5)])
    with desk.begin() as session:
        assert clinical.mirror(session, [fact("resolved", 4)]) == []
        assert session.scalars(select(ClinicalRecord.status)).one() == "active"
