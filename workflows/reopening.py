"""A matter that comes back within two weeks is the same matter: its case is opened again, with its whole story, not a new one."""

from datetime import timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from storage import ledger
from storage.db import now, org_of
from storage.tables import CardPost, Case
from workflows import cases
from workflows.cases import Opening

WITHIN = timedelta(days=14)
DESK = frozenset(
    {
        "reschedule",
        "ready_to_schedule",
        "call_task",
        "call_back",
        "interpreter",
        "review",
        "admin",
        "low_score",
        "human_owned",
    }
)
BY_KIND = frozenset({"reschedule", "ready_to_schedule", "call_back"})  # whatever the reason, it is the same wish
FOR_GOOD = frozenset({"wrong_number", "deceased", "not_ours", "merged"})


def reopen(session: Session, opening: Opening) -> Case | None:
    """Open again the case that a person closed on this matter, unowned and due anew; None when there is none.

    Never for a clinical message: a new danger is a new case. The same matter: the same program run, the same request, or a text
    that does not say what it is about, which answers what was settled last.
    """
    case = _closed_before(session, opening)
    if case is None:
        return None
    again = cases.change(
        session, case, "reopened", only_if=[Case.state == "closed"], actor="patient",
        state="open", owner_id=None, claimed_at=None, closed_at=None, disposition=None, booked_for=None,
        due_at=cases.due(session, opening), message_id=opening.message_id, asked=opening.asked,
        asked_start=opening.asked_start, asked_end=opening.asked_end, **cases.said(session, opening.message_id),
    )  # fmt: skip
    if again is None:
        return None
    session.execute(delete(CardPost).where(CardPost.org_id == again.org_id, CardPost.case_id == again.id))
    line = ledger.Line("opened", "case.reopened", again.enrollment_id, opening.message_id, again.id, again.number_id)
    ledger.write(session, [line])
    return again


def _closed_before(session: Session, opening: Opening) -> Case | None:
    if opening.kind in cases.CLINICAL_KINDS or opening.patient_id is None:
        return None
    same = (
        [Case.kind == opening.kind]
        if opening.kind in BY_KIND
        else [and_(Case.kind == opening.kind, Case.reason == opening.reason)]
    )
    if opening.enrollment_id is not None:
        same.append(Case.enrollment_id == opening.enrollment_id)
    found = select(Case).where(
        Case.org_id == org_of(session),
        Case.patient_id == opening.patient_id,
        Case.state == "closed",
        Case.owner_id.is_not(None),
        Case.closed_at >= now(session) - WITHIN,
        Case.kind.in_(DESK),
        Case.disposition.not_in(FOR_GOOD),
    )
    if opening.kind != "review":
        found = found.where(or_(*same))
    return session.scalars(found.order_by(Case.closed_at.desc()).limit(1)).first()
