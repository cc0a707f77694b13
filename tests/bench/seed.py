"""Many rows at once, as the app would have written them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from core.clock import machine
from storage.db import new_ids, now, org_of, vault
from storage.tables import (
    Case,
    CaseEvent,
    Consent,
    Conversation,
    Enrollment,
    Message,
    Patient,
    PatientNumber,
    PhoneNumber,
    ProgramRow,
    Team,
)

FRESH = timedelta(hours=1)  # read from the EHR "in an hour": no bench may stop to read it again


def phone(n: int) -> str:
    """A number of Chicago's area code, one for each n below ten million."""
    return f"+1312{2000000 + n:07d}"


def people(session: Session, count: int, *, first: int = 0) -> list[tuple[UUID, UUID]]:
    """Patients with a consented number each: (patient, number)."""
    keys, at = vault(session), now(session)
    patients, numbers = (new_ids(session, count) for _ in range(2))
    _insert(session, Patient, [_patient(keys, row) for row in patients])
    _insert(session, PhoneNumber, [_number(keys, row, first + n, at) for n, row in enumerate(numbers)])
    pairs = list(zip(patients, numbers, strict=True))
    _insert(session, PatientNumber, [{"patient_id": p, "number_id": n} for p, n in pairs])
    given = {"who": "patient", "how": "form", "wording": "form-1", "scope": "care texts", "given_at": at}
    _insert(session, Consent, [given | {"number_id": n} for n in numbers])
    return pairs


def enrollments(session: Session, count: int, *, wake_at: datetime, first: int = 0) -> list[UUID]:
    """Patients two days after the first text of the missed-visit program; the enrollments' ids. Phones are numbered from `first`."""
    org, at = org_of(session), now(session)
    program, version = session.execute(
        select(ProgramRow.id, ProgramRow.live_version_id).where(ProgramRow.org_id == org, ProgramRow.code == "no_show")
    ).one()
    pairs, rows = people(session, count, first=first), new_ids(session, count)
    _insert(session, Conversation, [{"patient_id": p, "number_id": n} for p, n in pairs])
    state = {
        "program_id": program, "version_id": version, "state": "waiting", "step": "first", "touches": 1, "reach": "delivered",
        "owner": "ehr", "source": "bench", "started_at": at - timedelta(days=2), "entered_at": at - timedelta(days=2), "wake_at": wake_at,
    }  # fmt: skip
    _insert(
        session,
        Enrollment,
        [state | {"id": row, "patient_id": p, "number_id": n} for row, (p, n) in zip(rows, pairs, strict=True)],
    )
    return rows


def asked(session: Session, ids: Sequence[UUID]) -> None:
    """The first text of these enrollments, delivered yesterday: what a reply answers."""
    keys, at = vault(session), now(session) - timedelta(days=1)
    found = session.execute(
        select(Enrollment.id, Enrollment.patient_id, Enrollment.number_id, Conversation.id)
        .join(Conversation, Conversation.patient_id == Enrollment.patient_id)
        .where(Enrollment.org_id == org_of(session), Enrollment.id.in_(ids))
    ).all()
    rows = [
        {
            "id": row, "enrollment_id": e, "patient_id": p, "number_id": n, "conversation_id": c, "direction": "out",
            "purpose": "program", "dedupe_key": f"enr:{e}:first:1", "step": "first", "touch": 1, "state": "delivered",
            "body": keys.seal("Reply 1 for a new time, 2 for a call.", "messages.body", row), "created_at": at,
            "sent_at": at, "state_at": at,
        }
        for row, (e, p, n, c) in zip(new_ids(session, len(found)), found, strict=True)
    ]  # fmt: skip
    _insert(session, Message, rows)


def cases(session: Session, count: int) -> list[UUID]:
    """Open cases of the agent's team, nobody's yet."""
    team = session.scalars(select(Team.id).where(Team.org_id == org_of(session), Team.code == "patient_access")).one()
    at, rows = now(session), new_ids(session, count)
    state = {"kind": "reschedule", "priority": "normal", "reason": "reply", "team_id": team, "opened_at": at}
    _insert(session, Case, [state | {"id": r, "dedupe_key": f"bench:{r}", "due_at": at + FRESH} for r in rows])
    return rows


MIXED = ("reschedule", "call_task", "low_score", "ready_to_schedule", "review")


def mixed_desk(session: Session, open_cases: int, *, runs: int, owner: UUID) -> None:
    """A desk of several programs: `runs` enrollments spread over all of them, a third paused or ended, and open cases on some of them,

    half of them somebody's, some put aside, some answered since.
    """
    at, org = now(session), org_of(session)
    ids = enrollments(session, runs, wake_at=at + FRESH)
    known = select(ProgramRow.id, ProgramRow.live_version_id).where(ProgramRow.org_id == org).order_by(ProgramRow.code)
    programs = session.execute(known).all()
    for place, (program, version) in enumerate(programs):
        part = ids[place :: len(programs)]
        spread = update(Enrollment).where(Enrollment.org_id == org, Enrollment.id.in_(part))
        session.execute(spread.values(program_id=program, version_id=version))
    still: tuple[tuple[int, dict[str, Any]], ...] = (
        (1, {"state": "paused", "wake_at": None}),
        (2, {"state": "ended", "wake_at": None, "ended_at": at}),
    )
    for place, values in still:
        session.execute(
            update(Enrollment).where(Enrollment.org_id == org, Enrollment.id.in_(ids[place::6])).values(**values)
        )
    made = cases(session, open_cases)
    rows = [
        {"b_id": case, "kind": MIXED[n % len(MIXED)], "enrollment_id": ids[n % runs] if n % 4 else None}
        for n, case in enumerate(made)
    ]
    table: Any = Case.__table__
    session.connection().execute(update(table).where(table.c.org_id == org, table.c.id == bindparam("b_id")), rows)
    mine = {"owner_id": owner, "claimed_at": at, "state": "claimed"}
    taken: tuple[tuple[list[UUID], dict[str, Any]], ...] = (
        (made[::2], mine),
        (made[::10], mine | {"state": "snoozed", "snoozed_until": at + FRESH}),
    )
    for part, values in taken:
        session.execute(update(Case).where(Case.org_id == org, Case.id.in_(part)).values(**values))
    wrote = [{"case_id": case, "at": at, "what": "patient_replied"} for case in made[2::20]]
    _insert(session, CaseEvent, wrote)


def _patient(keys: Any, row: UUID) -> dict[str, Any]:
    sealed = {"given": "Rosa", "family": "Delgado", "birth_date": "1961-04-12", "zip": "60601"}
    return {name: keys.seal(value, f"patients.{name}", row) for name, value in sealed.items()} | {
        "id": row, "ehr_id": f"pt-{row.hex}", "zip3": "606", "state": "IL", "ehr_read_at": machine() + FRESH,
    }  # fmt: skip


def _number(keys: Any, row: UUID, n: int, at: datetime) -> dict[str, Any]:
    return {
        "id": row, "e164_hash": keys.lookup("phone", phone(n)), "e164": keys.seal(phone(n), "phone_numbers.e164", row),
        "textable": "yes", "first_texted_at": at - timedelta(days=2),
    }  # fmt: skip


def _insert(session: Session, table: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    session.execute(insert(table), [{"org_id": org_of(session)} | row for row in rows])
