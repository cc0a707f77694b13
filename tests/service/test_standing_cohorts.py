"""Programs that a cohort or a window starts by itself: once a day, the newly due only, nobody twice."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from core.errors import Misconfigured
from storage import feeds
from storage.tables import Enrollment, OutboxRow, Patient, TriggerEvent
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import clinical, publishing
from workflows.cohorts import lint, standing, windows
from workflows.ehr_facts import ClinicalFact
from workflows.programs.model import Window, parse

PROGRAM = """grammar: 1
program: yearly
title: Yearly visit
purpose: A care message.
trigger: TRIGGER
goal: {appointment: booked, within: 60d}
stop_on: {appointment.booked: booked}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 1 business day}}
steps:
  ask: {ask: hello, wait: 2d, on: {1: yes}, silence: quiet}
  yes: {outcome: handed_over}
  quiet: {outcome: unreachable}
texts:
  hello: {en: "{clinic}: a visit is due. Reply 1 for a call.", es: "{clinic}: ya toca una cita. Responda 1."}
"""
WINDOW = "{window: {after: wellness_visit, months: 11, unless: appointment.booked}, fresh: 90d}"
CHECK_UP = (("http://snomed.info/sct", "185349003"),)


@pytest.fixture
def yearly(desk: Desk) -> Desk:
    """The program is live and every feed was read just now."""
    with desk.begin() as session:
        publishing.publish(session, PROGRAM.replace("TRIGGER", WINDOW), actor="system")
        for kind in ("Encounter", "Appointment"):
            feeds.seen(session, kind, [])
    return desk


def seen_on(desk: Desk, patient: str, day: date, *, number: int = 1) -> None:
    """A finished check-up at ten in the morning."""
    at = datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo("America/Chicago"))
    with desk.begin() as session:
        if session.scalar(select(Patient.id).where(Patient.ehr_id == patient)) is None:
            factories.a_patient(session, ehr_id=patient, phone=f"+1312555{1000 + int(patient[3:]):04d}"[:12])
        fact = ClinicalFact(
            "Encounter", f"e-{patient}-{number}", patient, "finished", CHECK_UP, at, at, class_code="AMB"
        )
        clinical.mirror(session, [fact])


def round_of(desk: Desk) -> list[str]:
    """What became of today's triggers."""
    with desk.begin() as session:
        waiting = standing.due(session, "yearly")
    found = []
    for heard in waiting:
        with desk.begin() as session:
            found.append(standing.enter(session, heard))
    return found


def enrolled(desk: Desk) -> list[str]:
    with desk.begin() as session:
        rows = session.execute(select(Patient.ehr_id).join(Enrollment, Enrollment.patient_id == Patient.id))
        return sorted(row.ehr_id for row in rows)


@pytest.mark.req("S12", by="workflows.cohorts.windows:rule")
@pytest.mark.req("S14", by="workflows.cohorts.standing:due")
def test_eleven_months_after_the_last_visit_and_not_a_day_before(yearly: Desk) -> None:
    seen_on(yearly, "pt-1", date(2025, 12, 22))  # more than eleven months ago since midnight
    seen_on(yearly, "pt-2", date(2025, 12, 23))  # eleven months ago today: due tomorrow
    seen_on(yearly, "pt-3", date(2025, 12, 24))  # due the day after
    seen_on(yearly, "pt-4", date(2025, 12, 1))
    seen_on(yearly, "pt-4", date(2026, 3, 1), number=2)  # seen since
    seen_on(yearly, "pt-5", date(2025, 6, 1))  # the window opened more than 90 days ago

    round_of(yearly)
    first = enrolled(yearly)
    yearly.at(MONDAY_NOON + timedelta(days=2))
    round_of(yearly)

    assert first == ["pt-1"]
    assert enrolled(yearly) == ["pt-1", "pt-2", "pt-3"]
    with yearly.begin() as session:
        heard = session.scalars(select(TriggerEvent).order_by(TriggerEvent.id).limit(1)).one()
    assert heard.context["records"] == {"last": "Encounter/e-pt-1-1"}
    assert heard.context["due_at"] == "2026-11-23T06:00:00+00:00"


def test_nobody_is_taken_twice_and_a_booked_visit_keeps_a_patient_out(yearly: Desk) -> None:
    seen_on(yearly, "pt-1", date(2025, 12, 1))
    seen_on(yearly, "pt-2", date(2025, 12, 1))
    with yearly.begin() as session:
        booked = session.scalars(select(Patient).where(Patient.ehr_id == "pt-2")).one()
        factories.an_appointment(session, booked, status="booked", start=MONDAY_NOON + timedelta(days=20))

    assert round_of(yearly) == ["enrolled"]
    assert round_of(yearly) == []
    with yearly.begin() as session:
        session.execute(update(Enrollment).values(state="ended"))
    yearly.at(MONDAY_NOON + timedelta(days=3))
    assert round_of(yearly) == []  # it was in the program within the re-entry span
    assert enrolled(yearly) == ["pt-1"]


def test_the_clock_promises_one_round_a_day_from_six_in_the_morning(yearly: Desk) -> None:
    def promised() -> int:
        with yearly.begin() as session:
            standing.promise(session)
        with yearly.begin() as session:
            rounds = select(func.count()).select_from(OutboxRow).where(OutboxRow.topic == "cohort.round")
            return session.scalar(rounds) or 0

    yearly.at(MONDAY_NOON - timedelta(hours=6, minutes=1))
    before = promised()
    yearly.at(MONDAY_NOON - timedelta(hours=5))
    once, twice = promised(), promised()

    assert (before, once, twice) == (0, 1, 1)


def test_a_program_for_campaigns_never_starts_by_itself(desk: Desk) -> None:
    with desk.begin() as session:
        publishing.publish(session, PROGRAM.replace("TRIGGER", "{cohort: any}"), actor="system")

    assert round_of(desk) == []


def test_a_program_may_stand_on_a_saved_cohort(yearly: Desk) -> None:
    with yearly.begin() as session:
        publishing.publish(session, PROGRAM.replace("TRIGGER", "{cohort: not_seen}"), actor="system")
    seen_on(yearly, "pt-1", date(2023, 12, 1))

    assert round_of(yearly) == ["enrolled"]


@pytest.mark.parametrize("record", ["wellness_visit", "visit", "discharge", "a1c", "mammogram", "dental_visit"])
def test_every_record_a_window_may_count_from_is_a_sound_rule(record: str) -> None:
    program = parse(PROGRAM.replace("TRIGGER", WINDOW.replace("wellness_visit", record)))
    assert program.trigger.window is not None

    assert lint.lint(windows.rule(program, program.trigger.window)) == []


@pytest.mark.parametrize(
    "window", [Window(after="horoscope", days=3), Window(after="visit", days=3, unless="moon.full")]
)
def test_a_window_that_cannot_be_asked_is_refused_with_what_can(window: Window) -> None:
    with pytest.raises(Misconfigured, match="Use"):
        windows.rule(parse(PROGRAM.replace("TRIGGER", WINDOW)), window)
