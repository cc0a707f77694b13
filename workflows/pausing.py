"""One patient's program stands still because a person said so, and goes on when a person says so. Programs, sites, all: `halts`."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import org_of
from storage.tables import Case, Enrollment
from workflows import enrollments
from workflows.effects import Event, EventKind
from workflows.roles import Verb, demand
from workflows.staff import Who

BY_HAND = "operator"
STANDS = {
    BY_HAND: "It is paused already, by a person. Nothing was changed.",
    enrollments.CLINICAL: "It stands still for a clinical case: closing that case lets it go on. Nothing was changed.",
    "quarantined": "It stands still because it could not be moved: its review case says more. Nothing was changed.",
}
ELSE = "It stands still for another reason, which its case names. Nothing was changed."


def pause(session: Session, enrollment_id: UUID, *, by: Who) -> None:
    """From this commit on its program asks nothing; what the patient writes is still read. Refused when it stands still or is over."""
    demand(by.role, Verb.STOP)
    row = enrollments.locked(session, enrollment_id)
    if row.state == "ended":
        raise Refused("This enrollment is over: nothing more leaves for it. Nothing was changed.")
    if row.state == "paused":
        raise Refused(STANDS.get(row.paused_for or "", ELSE))
    _tell(session, enrollment_id, "pause", by)


def resume(session: Session, enrollment_id: UUID, *, by: Who) -> None:
    """Let it go on where it stood. Only what a person paused: what stands still for another reason is that reason's case."""
    demand(by.role, Verb.WORK_CASE)
    row = enrollments.locked(session, enrollment_id)
    if row.state != "paused":
        raise Refused("This enrollment is not paused. Nothing was changed.")
    if row.paused_for != BY_HAND:
        raise Refused(STANDS.get(row.paused_for or "", ELSE))
    _tell(session, enrollment_id, "resume", by)


def mine(session: Session, who: Who, *, paused: bool = False) -> Sequence[UUID]:
    """Enrollments behind the cases this person has: those under way, or those that a person paused."""
    wanted = Enrollment.paused_for == BY_HAND if paused else Enrollment.state.in_(("active", "waiting"))
    found = (
        select(Enrollment.id)
        .join(Case, (Case.org_id == Enrollment.org_id) & (Case.enrollment_id == Enrollment.id))
        .where(
            Enrollment.org_id == org_of(session),
            Case.owner_id == who.id,
            Case.state != "closed",
            wanted,
        )
        .distinct()
        .order_by(Enrollment.id)
    )
    return session.scalars(found).all()


def _tell(session: Session, enrollment_id: UUID, name: str, by: Who) -> None:
    enrollments.hear(session, enrollment_id, Event(EventKind.OPERATOR, name=name))
    audit.record(session, f"enrollment.{name}d", actor=by.actor, subject=("enrollment", show("enr", enrollment_id)))
