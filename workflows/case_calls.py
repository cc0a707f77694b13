"""Calls by people on a case: how they went, in codes, counted; and a number that turned out to be somebody else's."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit, case_log, numbers
from storage.db import org_of
from storage.tables import Case, PhoneNumber
from workflows import cases, consent
from workflows.staff import Who

LOGGED = "call_logged"
RESULTS = {
    "reached": "Reached them",
    "voicemail": "Voicemail",
    "no_answer": "No answer",
    "busy": "Busy",
    "wrong_number": "Wrong number",
    "they_called": "They called us",
}
WHY = {
    "new_time": "For another time",
    "visit_time": "When or where a visit is",
    "instructions": "About their instructions",
    "form": "About a form",
    "repeat": "What we had answered before",
    "question": "With another question",
    "not_coming": "They are not coming",
    "symptoms": "About symptoms",
    "billing": "About a bill",
    "other": "Something else",
}
"""Why a patient called us (S117)."""


def log(session: Session, case_id: UUID, result: str, *, why: str | None = None, by: Who) -> Case:
    """Write down one call; whoever logs one on a free case has it. A wrong number is marked as one."""
    if result not in RESULTS or (why is not None and why not in WHY) or (result == "they_called") != (why is not None):
        raise Refused("Pick how it went. Nothing was changed.")
    if result == "wrong_number":
        _lock_number(session, case_id)
    case = _theirs(session, case_id, by=by)
    detail = f"{result}:{why}" if why else result
    case_log.write(
        session, case.id, LOGGED, actor=by.actor, promises=cases.card_promises(case), staff_id=by.id, detail=detail
    )
    if result == "wrong_number" and case.number_id is not None:
        mark_wrong_number(session, case.id, by=by)
    return case


def dialled(session: Session, case_id: UUID, *, by: Who) -> tuple[Case, str]:
    """Whoever calls now: the case (theirs from here on) and the number to dial. That it was shown is in the audit."""
    case = _theirs(session, case_id, by=by)
    if case.number_id is None:
        raise Refused(f"No phone number is behind case {case.number}. Nothing was changed. Look in the chart.")
    number = session.scalars(
        select(PhoneNumber).where(PhoneNumber.org_id == org_of(session), PhoneNumber.id == case.number_id)
    ).one()
    case_log.write(session, case.id, "dialled", actor=by.actor, promises=(), staff_id=by.id)
    return case, numbers.clear(session, number)


def mark_wrong_number(session: Session, case_id: UUID, *, by: Who) -> Case:
    """The number is somebody else's: no text to it from this moment, its programs end, and a case to correct the chart is open."""
    _lock_number(session, case_id)
    case = _held(session, case_id, by=by)
    if case.number_id is None:
        raise Refused(f"No phone number is behind case {case.number}. Nothing was changed.")
    first = consent.stop_number(
        session, case.number_id, source="wrong_number", reason="wrong_number", message_id=None, actor=by.actor
    )
    if first:
        promises = cases.card_promises(case)
        case_log.write(session, case.id, "wrong_number", actor=by.actor, promises=promises, staff_id=by.id)
    _for_the_chart(session, case)
    audit.record(session, "number.wrong", actor=by.actor, subject=("case", str(case.number)))
    return case


def _for_the_chart(session: Session, case: Case) -> None:
    """One case however often it is said."""
    known = select(Case.id).where(
        Case.org_id == org_of(session), Case.number_id == case.number_id, Case.kind == "wrong_number",
        Case.state != "closed",
    )  # fmt: skip
    if session.scalar(known.limit(1)) is None:
        cases.open_one(
            session,
            cases.Opening(
                kind="wrong_number", team="front_office", reason="wrong_number", due="1 business day",
                dedupe_key=f"case:{case.id}:wrong_number:{case.version}", patient_id=case.patient_id,
                number_id=case.number_id,
            ),
        )  # fmt: skip


def _theirs(session: Session, case_id: UUID, *, by: Who) -> Case:
    case = cases.workable(session, case_id, by=by)
    if case.state == "open" and case.owner_id is None:
        cases.claim(session, case_id, by=by)
    return _held(session, case_id, by=by)


def _held(session: Session, case_id: UUID, *, by: Who) -> Case:
    """Theirs until this transaction ends: what is only written down must not be written by who gave it away meanwhile."""
    session.execute(select(Case.id).where(Case.org_id == org_of(session), Case.id == case_id).with_for_update())
    return cases.owned(session, case_id, by=by)


def _lock_number(session: Session, case_id: UUID) -> None:
    """Numbers are locked before cases, everywhere."""
    number_id = cases.get(session, case_id).number_id
    if number_id is not None:
        numbers.lock(session, number_id)
