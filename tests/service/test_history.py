"""A played history is real: its rows come from the services, it ends where it is told to, and the same seed models it again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from handlers import history
from handlers.cli.commands import kpi
from handlers.cli.root import Root
from handlers.history import Script
from sandbox.ehr.checks import check
from sandbox.past import past
from storage import numbers
from storage.db import Database, now, org_of
from storage.tables import Appointment, CardPost, Case, Enrollment, Message, OutboxRow, Patient, ProgramRow, ReadingRow
from tests import databases, factories
from tests.business_clock import STAND, reset, set_business_time
from tests.kept import door, line
from workflows import consent, publishing

BEGINS = datetime(
    2026, 10, 19, 5, tzinfo=UTC
)  # a Monday's midnight in Chicago; daylight saving ends in the second week
ENDS = BEGINS + timedelta(weeks=2, hours=9, minutes=30)
PATIENTS = 16
TEAMS = ("patient_access", "front_office", "care_coordination")


@dataclass
class Past:
    """A clinic with two weeks behind it."""

    db: Database
    org: UUID
    said: list[str] = field(default_factory=list)
    visits: list[dict[str, Any]] = field(default_factory=list)

    def count(self, *where: object) -> int:
        with self.db.begin(org=self.org) as session:
            return session.scalar(select(func.count()).where(*where)) or 0  # type: ignore[arg-type]

    def kpis(self) -> list[dict[str, Any]]:
        """What an operator reads of it."""
        root = Root(settings=lambda *_: None, database=lambda _: self.db)  # type: ignore[arg-type]
        printed = CliRunner().invoke(kpi.COMMAND, ["--json"], obj=root)
        assert printed.exit_code == 0, printed.stderr
        return [json.loads(line) for line in printed.stdout.splitlines()]

    def own_visits(self) -> list[tuple[str, datetime | None]]:
        """(patient, start) of the visits that no program booked."""
        of = (Patient.org_id == Appointment.org_id) & (Patient.id == Appointment.patient_id)
        with self.db.begin(org=self.org) as session:
            found = select(Patient.ehr_id, Appointment.start_at).join(Patient, of)
            own = Appointment.booked_by_case.is_(None) & Appointment.booked_by_enrollment.is_(None)
            rows = session.execute(found.where(own, Appointment.org_id == self.org))
            return sorted((patient, start) for patient, start in rows)


def _furnished(db: Database, script: Script, consents: tuple[dict[str, str], ...]) -> UUID:
    org = factories.an_organisation(db)
    with db.begin(org=org) as session:
        factories.a_site(session, ehr_id="main")
        teams = factories.all_teams(session, channels=None)
        for code in TEAMS:
            factories.a_member_of_staff(
                session, team=teams[code], slack_id=f"U0{code[:5].upper()}{str(org)[-4:]}", workspace=f"T{org}"
            )
        factories.a_member_of_staff(
            session, role="clinician", team=teams["clinical"], slack_id=f"U0NURSE{str(org)[-4:]}", workspace=f"T{org}"
        )
        for given in consents:
            number = numbers.add(session, given["number"])
            consent.record(
                session, number, who=given["who"], given_at=datetime.fromisoformat(given["given_at"]), how=given["how"],
                wording=given["wording"], scope=given["scope"],
            )  # fmt: skip
        publishing.publish_built_in(session, actor="system")
    return org


def _played(urls: databases.Database, db: Database, *, seed: int, ends: datetime = ENDS) -> Past:
    who = past(PATIENTS, seed=seed, before=BEGINS)
    script = Script(BEGINS, ends, factories.ZONE, seed, who.patients, every=(6, 10))
    set_business_time(urls.owner_url, BEGINS)
    made = Past(db, _furnished(db, script, who.consents))

    def move(at: datetime) -> None:
        with line(urls.owner_url) as clock:
            clock.execute(STAND, [at])

    made.visits = history.play(db, made.org, script, move=move, say=made.said.append)
    return made


@pytest.fixture
def urls(clean_database: databases.Database) -> Iterator[databases.Database]:
    yield clean_database
    reset(clean_database.owner_url)


def test_two_weeks_leave_what_two_weeks_leave_and_nothing_due(urls: databases.Database) -> None:
    made = _played(urls, door(urls.app_url, origin="https://care.example"), seed=3)

    with made.db.begin(org=made.org) as session:
        assert now(session) == ENDS
        of = (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id)
        started = set(session.scalars(select(ProgramRow.code).join(Enrollment, of)))
        states = set(session.scalars(select(Message.state).where(Message.direction == "out")))
        assert (session.scalar(select(func.count()).select_from(ReadingRow)) or 0) > 5
        late = select(func.count()).where(OutboxRow.org_id == org_of(session), OutboxRow.state == "due")
        assert session.scalar(late) == 0
    assert started >= {"reminder", "no_show", "survey"}
    assert "delivered" in states
    assert not states & {"sending", "unknown", "accepted"}
    assert made.count(Case.state == "closed", Case.claimed_at.is_not(None)) > 2
    assert made.count(CardPost.ts.is_not(None)) >= made.count(Case.id.is_not(None))
    assert made.count(Appointment.status == "noshow") > 1
    assert made.said[-1].startswith("Week 3 of 3: ")
    for visit in made.visits:
        check(visit)
    told = {row["kpi"]: row for row in made.kpis()}
    assert told["delivery"]["denominator"] > 10
    assert 0 < told["delivery"]["low"] < told["delivery"]["value"] <= told["delivery"]["high"] <= 1
    assert told["no_show"]["numerator"] > 1
    assert {visit["status"] for visit in made.visits} >= {"booked", "fulfilled", "noshow"}


def test_the_same_seed_models_the_same_clinic(urls: databases.Database) -> None:
    db = door(urls.app_url, origin="https://care.example")
    ends = BEGINS + timedelta(days=2, hours=9)

    first, again = (_played(urls, db, seed=5, ends=ends) for _ in range(2))

    assert len(first.own_visits()) >= 3
    assert again.own_visits() == first.own_visits()
