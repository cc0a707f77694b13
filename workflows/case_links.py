"""Two cases of one patient: linked, so that each shows the other's number, or merged, so that one goes on for both."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import case_log
from storage.db import org_of
from storage.tables import Case, CaseEvent
from workflows import cases
from workflows.staff import Who

LINKED, MERGED, TAKEN_IN = "linked", "merged", "took_in"
MOST = 10


def others(session: Session, case: Case) -> Sequence[Case]:
    """The patient's other open cases, newest first."""
    if case.patient_id is None:
        return ()
    found = select(Case).where(
        Case.org_id == org_of(session), Case.patient_id == case.patient_id, Case.id != case.id, Case.state != "closed"
    )
    return session.scalars(found.order_by(Case.opened_at.desc(), Case.id).limit(MOST)).all()


def link(session: Session, case_id: UUID, other_id: UUID, *, by: Who) -> tuple[Case, Case]:
    """Let each show the other's number; both stay as they are. Twice changes nothing."""
    case, other = _both(session, case_id, other_id, by=by)
    if str(other.number) not in linked(session, case):
        for one, to in ((case, other), (other, case)):
            _tell(session, one, LINKED, to, by=by)
    return case, other


def merge(session: Session, case_id: UUID, other_id: UUID, *, by: Who) -> tuple[Case, Case]:
    """Close the other as merged into this one, which goes on for both; the closed one says where it went.

    Refused where something would be lost: a clinical case into another kind, one that a colleague has, another program's run.
    """
    case, other = _both(session, case_id, other_id, by=by)
    if other.state == "booking":
        raise Refused(f"Case {other.number} is being booked. Nothing was changed. Try again once the EHR has answered.")
    if other.owner_id not in (None, by.id) and by.role != "manager":
        raise Refused(f"A colleague has case {other.number}. Nothing was changed. Ask them, or link the two.")
    if other.kind in cases.CLINICAL_KINDS and case.kind not in cases.CLINICAL_KINDS:
        raise Refused(f"Case {other.number} is clinical: a clinician closes it. Nothing was changed. Link the two.")
    if other.enrollment_id is not None and other.enrollment_id != case.enrollment_id:
        raise Refused(f"Case {other.number} belongs to another program's run. Nothing was changed. Link the two.")
    closed = cases.close(session, other, disposition=MERGED, actor=by.actor, staff_id=by.id)
    _tell(session, closed, MERGED, case, by=by)
    _tell(session, case, TAKEN_IN, closed, by=by)
    return case, closed


def linked(session: Session, case: Case) -> list[str]:
    """The numbers of the cases that belong to this one, in order."""
    told = select(CaseEvent.detail).where(
        CaseEvent.org_id == case.org_id, CaseEvent.case_id == case.id, CaseEvent.what.in_((LINKED, TAKEN_IN))
    )
    return sorted({number for number in session.scalars(told) if number})


def merged_into(session: Session, case: Case) -> str | None:
    """The number of the case that goes on for a merged one."""
    told = select(CaseEvent.detail).where(
        CaseEvent.org_id == case.org_id, CaseEvent.case_id == case.id, CaseEvent.what == MERGED
    )
    return session.scalar(told.order_by(CaseEvent.id.desc()).limit(1))


def _both(session: Session, case_id: UUID, other_id: UUID, *, by: Who) -> tuple[Case, Case]:
    """This case, which is theirs, and another open one of the same patient that they may work on; held until the end."""
    if case_id == other_id:
        raise Refused("That is the same case. Nothing was changed.")
    held = select(Case.id).where(Case.org_id == org_of(session), Case.id.in_((case_id, other_id))).order_by(Case.id)
    session.execute(held.with_for_update())
    case, other = cases.owned(session, case_id, by=by), cases.workable(session, other_id, by=by)
    if case.patient_id is None or case.patient_id != other.patient_id:
        raise Refused(f"Cases {case.number} and {other.number} are not of one patient. Nothing was changed.")
    cases.demand_open(other)
    return case, other


def _tell(session: Session, case: Case, what: str, other: Case, *, by: Who) -> None:
    promises = cases.card_promises(case)
    case_log.write(session, case.id, what, actor=by.actor, promises=promises, staff_id=by.id, detail=str(other.number))
