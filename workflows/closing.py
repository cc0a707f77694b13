"""Closing a case: a disposition from its kind's list, a note, and what the program makes of it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import log
from core.errors import Refused
from core.ids import show
from storage import visits
from storage.db import now, org_of, vault
from storage.tables import Case, Undo
from workflows import (
    cases,
    consent,
    enrollments,
    floor,
    interpreting,
    pilot,
    pilot_reviews,
    promising,
    safety,
    silence,
    staff,
    tcm,
    undoing,
)
from workflows.effects import Event, EventKind
from workflows.interpreting import Interpreted
from workflows.staff import Who

_REACH = {
    "declined": "Patient does not want it",
    "booked": "Booked outside Careloop",
    "confirmed": "Patient keeps the visit as it is",
    "unreachable": "Could not reach the patient",
    "wrong_number": "Wrong number",
    "deceased": "Patient has died",
    "resolved": "Done, nothing more needed",
}
_INTERPRETED = {interpreting.DONE: "Spoke with the patient through an interpreter"} | _REACH
_CLINICAL = {
    "handled": "Spoke with the patient",
    "sent_to_er": "Sent to emergency care",
    "visit_arranged": "Visit arranged",
    "no_concern": "Read; no clinical concern",
    "unreachable": "Could not reach the patient",
}
_DESK = {
    "resolved": "Done, nothing more needed",
    "corrected": "Chart corrected",
    "not_ours": "Not our patient",
    "unreachable": "Could not reach the patient",
    "deceased": "Patient has died",
}
_TCM = {
    "spoke": "Spoke with the patient or caregiver",
    "left_message": "Left a message",
    "unreachable": "Could not reach the patient",
    "readmitted": "Back in hospital",
    "deceased": "Patient has died",
}
_PRE_CHECK = {
    "ready": "It is there now: start the program",
    "declined": "Patient does not want it",
    "unreachable": "Could not reach the patient",
    "resolved": "Not needed: the program does not start",
}
_MATCH = {
    "charted": "Found in the chart; started by hand if still wanted",
    "not_ours": "Not our patient",
    "resolved": "Nothing more needed",
}
_SCORE = {
    "resolved": "Spoke with the patient; it is settled",
    "unreachable": "Could not reach the patient",
    "declined": "Patient does not want a call",
    "wrong_number": "Wrong number",
    "deceased": "Patient has died",
}
_DEATH = {
    "deceased": "The patient has died; the chart says so",
    "alive": "A mistake: the patient lives, texts may go on",
    "not_ours": "Not our patient",
    "unreachable": "Could not reach the family; texts stay off",
}
_LEGAL = {
    "texts_off": "Handled; no automated texts any more",
    "texts_on": "Settled, or no threat; texts may go on",
}
_DUPLICATE = {
    "corrected": "Merged in the EHR",
    "resolved": "Two people; both charts are right",
    "not_ours": "Not our patient",
}
_DONE = {"resolved": "Seen to", "not_ours": "Nothing to do"}
_ASKED = {"resolved": "Not needed any more"}
_PRACTICE = {"practised": "Practised", "resolved": "Not needed"}
DISPOSITIONS: dict[str, dict[str, str]] = {
    "reschedule": _REACH,
    "ready_to_schedule": _REACH,
    "call_task": _REACH,
    "call_back": _REACH,
    interpreting.KIND: _INTERPRETED,
    "red_flag": _CLINICAL,
    "clinical": _CLINICAL,
    "human_owned": _REACH,
    "low_score": _SCORE,
    "pre_check": _PRE_CHECK,
    "match": _MATCH,
    "duplicate_chart": _DUPLICATE,
    "system_alert": _DONE,
    "approval": _ASKED,
    "practice": _PRACTICE,
    "tcm_call": _TCM,
    silence.DECEASED: _DEATH,
    silence.LEGAL: _LEGAL,
    pilot_reviews.KIND: pilot_reviews.VERDICTS,
}
STOPPING = frozenset({"wrong_number"})
AT_ONCE = STOPPING | {"deceased", "texts_off", "sent_to_er", "opted_out"}
"""Endings after which nothing may leave for even a minute: they are not taken back by a button."""

MAX_NOTE = 2000
AT_A_TIME = 50


def dispositions(kind: str) -> dict[str, str]:
    """{code: words} a case of this kind may be closed with."""
    return DISPOSITIONS.get(kind, _DESK)


def close(
    session: Session,
    case_id: UUID,
    disposition: str,
    *,
    note: str | None = None,
    interpreted: Interpreted | None = None,
    by: Who,
) -> Case:
    """Close as its owner (or a manager); the note is sealed, the enrollment moves by the disposition. Refused otherwise."""
    closed = _end(session, case_id, disposition, note=note, interpreted=interpreted, by=by)
    follow(session, closed, disposition, by=by)
    return closed


def close_for_now(
    session: Session,
    case_id: UUID,
    disposition: str,
    *,
    note: str | None = None,
    interpreted: Interpreted | None = None,
    by: Who,
) -> tuple[Case, UUID | None]:
    """The same, but what the program makes of it waits a minute, so that it can be taken back; the Undo, None where there is none.

    At once, and for good, where waiting could let a text leave that must not (`AT_ONCE`), and for verdicts on pilot runs.
    """
    before = undoing.look(cases.get(session, case_id))
    closed = _end(session, case_id, disposition, note=note, interpreted=interpreted, by=by)
    step = None
    if disposition not in AT_ONCE and closed.kind != pilot_reviews.KIND:
        step = undoing.remember(session, "closed", before, closed, by=by, pending=True)
    if step is None:
        follow(session, closed, disposition, by=by)
    return closed, step


def settle(session: Session) -> int:
    """What follows the closings whose minute is over; how many. The clock's tick calls it. One that was opened again is left alone."""
    due = (
        select(Undo)
        .where(Undo.org_id == org_of(session), Undo.pending, Undo.until < now(session))
        .order_by(Undo.until)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    rows = list(session.scalars(due))
    for row in rows:
        row.pending = False
        case = cases.get(session, row.case_id)
        if case.state != "closed" or case.disposition is None:
            continue
        try:
            with session.begin_nested():
                follow(session, case, case.disposition, by=staff.of_any_id(session, row.staff_id))
        except Refused:  # asked when it was closed; what changed since is for a person to see
            log.get().error("closing.not_followed", case=show("cas", case.id), code=case.disposition)
    session.flush()
    return len(rows)


def _end(
    session: Session, case_id: UUID, disposition: str, *, note: str | None, interpreted: Interpreted | None, by: Who
) -> Case:
    case = cases.owned(session, case_id, by=by)
    if disposition not in dispositions(case.kind):
        raise Refused(f"Case {case.number} cannot be closed with that. Pick one of the list.")
    interpreting.demand(case, disposition, interpreted)
    if note and len(note) > MAX_NOTE:
        raise Refused(f"The note is too long ({len(note)} of {MAX_NOTE} characters). Nothing was changed.")
    if case.state == "booking":
        raise Refused(f"Case {case.number} is being booked right now. Wait for the answer from the EHR.")
    if note:
        safety.note(session, case, note, by=by)
    sealed = vault(session).seal(_with_earlier(session, case, note), "cases.note", case.id) if note else case.note
    ended = cases.close(
        session, case, disposition=disposition, actor=by.actor, staff_id=by.id, for_good=False, note=sealed
    )
    promising.kept(session, ended)
    if interpreted is not None:
        interpreting.keep(session, ended, interpreted, by=by)
    return ended


def _with_earlier(session: Session, case: Case, note: str) -> str:
    """What was noted before (the message a case was made of) stays above."""
    earlier = vault(session).open(case.note, "cases.note", case.id) if case.note else ""
    return f"{earlier}\n\n{note}" if earlier else note


def follow(session: Session, case: Case, disposition: str, *, by: Who) -> None:
    """What comes of an ending: the slot is let go, the contact clock and the program hear of it, a wrong number gets no more texts."""
    visits.let_go(session, holder=visits.Holder("case", case.id))
    if case.number_id is not None:
        floor.free(session, [case.number_id], rule=floor.TALKING)
    tcm.closed(session, case, disposition, by=by)
    if disposition in STOPPING and case.number_id is not None:
        consent.stop_number(session, case.number_id, source=disposition, reason=disposition, message_id=None)
    if case.kind in cases.CLINICAL_KINDS:
        safety.settled(session, case, disposition)
        return
    if case.kind in silence.KINDS:
        silence.settled(session, case, disposition)
    if case.enrollment_id is None:
        return
    if case.kind == pilot_reviews.KIND:
        _judge(session, case, disposition, by=by)
        return
    if case.kind == "pre_check" and disposition == "ready":
        enrollments.resume(session, case.enrollment_id)
        return
    enrollments.hear(session, case.enrollment_id, Event(EventKind.CASE, name=disposition))


def _judge(session: Session, case: Case, verdict: str, *, by: Who) -> None:
    """A verdict before the first text lets the run begin, or ends it; one on a run that is over changes nothing of it."""
    stage = pilot_reviews.judged(session, case, verdict, by=by)
    if stage == "start" and case.enrollment_id is not None:
        follow = enrollments.resume if verdict == pilot.PASSED else enrollments.withdraw
        follow(session, case.enrollment_id)
