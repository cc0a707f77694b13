"""What a source said becomes enrollments: once each, fresh enough, for a recorded reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.tables import ProgramRow, TriggerEvent
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk, heard
from workflows import triggers


def verdicts(desk: Desk) -> list[str]:
    with desk.begin() as session:
        return list(session.scalars(select(TriggerEvent.verdict).order_by(TriggerEvent.id)))


@pytest.mark.req("S15")
@pytest.mark.req("S90")
def test_a_trigger_is_kept_with_source_time_owner_and_context_and_starts_its_program(desk: Desk) -> None:
    enrollment = desk.enrolled()

    with desk.begin() as session:
        row = session.scalars(select(TriggerEvent)).one()
    assert (row.source, row.kind, row.occurred_at, row.owner, row.verdict) == (
        "ehr", "appointment.noshow", MONDAY_NOON, "ehr", "enrolled",
    )  # fmt: skip
    assert desk.enrollment(enrollment).trigger_event_id == row.id
    assert "triggered trigger.appointment.noshow" in desk.rules()


@pytest.mark.req("S100")
def test_a_trigger_said_twice_has_one_effect(desk: Desk) -> None:
    patient = desk.patient()
    desk.missed(patient)

    again = desk.missed(patient)

    assert again is None
    assert verdicts(desk) == ["enrolled"]
    assert len(desk.planned()) == 1


@pytest.mark.req("S16")
def test_a_stale_trigger_is_recorded_and_not_sent(desk: Desk) -> None:
    started = desk.missed(desk.patient(), start=MONDAY_NOON - timedelta(hours=25))

    assert started is None
    assert verdicts(desk) == ["stale"]
    assert "refused trigger.stale" in desk.rules()
    assert desk.planned() == []


def test_one_just_inside_the_limit_is_answered(desk: Desk) -> None:
    assert desk.missed(desk.patient(), start=MONDAY_NOON - timedelta(hours=23)) is not None


def test_an_event_no_program_is_for_is_recorded_as_such(desk: Desk) -> None:
    patient = desk.patient()

    with desk.begin() as session:
        started = triggers.record(session, heard(patient, None, kind="cancelled"))

    assert started == []
    assert verdicts(desk) == ["no_program"]


def test_a_program_that_is_not_live_starts_nobody(desk: Desk) -> None:
    with desk.begin() as session:
        session.scalars(select(ProgramRow).where(ProgramRow.code == "no_show")).one().live_version_id = None

    assert desk.missed(desk.patient()) is None
    assert verdicts(desk) == ["no_program"]
