"""The cases that have been open for longest: ids, never a patient."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Case, Enrollment, ProgramRow, Team
from workflows.kpis.case_classes import OURS, of_kind

HOW_MANY = 3


@dataclass(frozen=True, slots=True)
class OldCase:
    """`number` is how people call it; `program` "" where none is behind it; `late` past its due time and not put aside."""

    case_id: UUID
    number: int
    team: str
    klass: str
    program: str
    state: str
    opened_at: datetime
    age: timedelta
    late: bool


def longest_open(session: Session, program: str | None = None, *, most: int = HOW_MANY) -> list[OldCase]:
    """The longest open first; no practice and no alerts of our own."""
    at = now(session)
    found = (
        select(Case.id, Case.number, Team.code, Case.kind, ProgramRow.code, Case.state, Case.opened_at, Case.due_at)
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .outerjoin(Enrollment, (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id))
        .outerjoin(ProgramRow, (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(Case.org_id == org_of(session), Case.state != "closed", Case.kind.not_in(OURS))
        .order_by(Case.opened_at, Case.number)
        .limit(most)
    )
    if program is not None:
        found = found.where(ProgramRow.code == program)
    return [
        OldCase(
            case_id,
            number,
            team,
            of_kind(kind),
            code or "",
            state,
            opened,
            at - opened,
            state != "snoozed" and due < at,
        )
        for case_id, number, team, kind, code, state, opened, due in session.execute(found)
    ]
