"""Escalate: one step up in priority, with a reason from a list, and whoever can help is told once."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import org_of
from storage.tables import Case, Team
from workflows import cases, on_call, paging, staff
from workflows.staff import Who

REASONS = {
    "worse": "It got worse",
    "late": "We cannot do it in time",
    "beyond_me": "It is more than I may decide",
    "upset": "The patient is very upset",
}
NEXT = {"normal": "high", "high": "urgent", "urgent": "emergency"}
ON_CALL = 1
"""How many of the team's people on call are told besides the managers."""


def escalate(session: Session, case_id: UUID, reason: str, *, by: Who) -> Case:
    """Raise the case by one step, whoever has it; the managers and the first on call are told. A free one that is loud now is paged.

    Only a clinical case becomes an emergency: what else is one is a clinical message, and has a case of its own.
    """
    case = cases.workable(session, case_id, by=by)
    if case.kind == staff.PRACTICE:
        raise Refused("This is practice: nobody is told of it. Nothing was changed.")
    if reason not in REASONS:
        raise Refused("Pick why. Nothing was changed.")
    if case.state in ("closed", "booking"):
        raise Refused(
            f"Case {case.number} is {'closed' if case.state == 'closed' else 'being booked'}. Nothing was changed."
        )
    higher = NEXT.get(case.priority)
    if higher is None or (higher == "emergency" and case.kind not in cases.CLINICAL_KINDS):
        raise Refused(f"Case {case.number} is {case.priority} already, the highest for its kind. Nothing was changed.")
    raised = cases.change(
        session, case, "escalated", only_if=[Case.priority == case.priority, Case.state.not_in(("closed", "booking"))],
        actor=by.actor, staff_id=by.id, detail=reason, priority=higher,
    )  # fmt: skip
    if raised is None:
        raise Refused(
            f"A colleague changed case {case.number} just before you. Nothing was changed. Look at its card again."
        )
    paging.tell(session, raised, _helpers(session, raised, by), tier=paging.ESCALATED)
    return raised


def _helpers(session: Session, case: Case, by: Who) -> list[on_call.Person]:
    """Each once, never who escalates, nor who has the case."""
    team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.id == case.team_id)).one()
    found = {person.id: person for person in (*on_call.managers(session), *on_call.people(session, team)[:ON_CALL])}
    return [person for person in found.values() if person.id not in (by.id, case.owner_id)]
