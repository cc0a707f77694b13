"""The chase of a form begins by itself: once a visit, where the form went out, was not filled in, and nobody asks any more."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from storage.tables import Enrollment, FormLink, ProgramRow
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import triggers
from workflows.admission import Heard
from workflows.forms import arrivals, links, missing
from workflows.forms.answers import Answers

VISIT = MONDAY_NOON + timedelta(days=8)
THURSDAY = MONDAY_NOON + timedelta(days=3)


def prepared(desk: Desk, *, visit_at: datetime = VISIT, outcome: str = "confirmed") -> None:
    """A patient whose program has sent the form for a visit and is over."""
    patient_id = desk.patient()
    with desk.begin() as session:
        patient = factories.patient_of(session, patient_id)
        visit = factories.an_appointment(session, patient, status="booked", start=visit_at)
        said = Heard(
            source="ehr", external_id="v1", kind="appointment.booked", occurred_at=MONDAY_NOON, owner="ehr",
            patient_id=patient_id, appointment_id=visit.id, context={}, program="reminder",
        )  # fmt: skip
        [made] = triggers.record(session, said)
        links.link(session, session.get_one(Enrollment, (desk.org, made)), form="intake", language="en")
        session.flush()
        session.execute(update(Enrollment).values(state="ended", outcome=outcome, wake_at=None, ended_at=MONDAY_NOON))


def chased(desk: Desk) -> list[str | None]:
    """The states of the chases there are."""
    with desk.begin() as session:
        found = select(Enrollment.state).join(ProgramRow, ProgramRow.id == Enrollment.program_id)
        return list(session.scalars(found.where(ProgramRow.code == "forms_chase")))


def rounds(desk: Desk, *days: int) -> list[int]:
    """What the morning round of each of these days found."""
    found = []
    for day in days:
        desk.at(MONDAY_NOON + timedelta(days=day))
        with desk.begin() as session:
            found.append(missing.promise(session))
    return found


def test_who_confirmed_without_the_form_is_asked_for_it_once(desk: Desk) -> None:
    prepared(desk)

    assert rounds(desk, 1, 3, 3, 4) == [0, 1, 0, 0]

    assert chased(desk) == ["waiting"]
    [text] = desk.claim()
    assert "/f/" in text.body


@pytest.mark.parametrize(
    ("visit_at", "outcome"),
    [
        (THURSDAY + timedelta(hours=20), "confirmed"),  # tomorrow: the desk hands it over on paper
        (MONDAY_NOON + timedelta(days=30), "confirmed"),
        (VISIT, "opted_out"),
        (VISIT, "stopped_by_ehr"),
    ],
)
def test_nobody_else_is(desk: Desk, visit_at: datetime, outcome: str) -> None:
    prepared(desk, visit_at=visit_at, outcome=outcome)

    assert rounds(desk, 3) == [0]
    assert chased(desk) == []


def test_nor_is_who_filled_it_in(desk: Desk) -> None:
    prepared(desk)
    with desk.begin() as session:
        arrivals.take(session, session.scalars(select(FormLink)).one(), Answers({"help": "none"}, {}))

    assert rounds(desk, 3) == [0]


def test_before_six_there_is_no_round(desk: Desk) -> None:
    prepared(desk)
    desk.at(THURSDAY.replace(hour=11))

    with desk.begin() as session:
        assert missing.promise(session) == 0
    assert rounds(desk, 3) == [1]
