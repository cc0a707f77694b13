"""What the case page says once something was done, from what is true then."""

from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse
from handlers.pages import words
from handlers.pages.moments import Moments
from storage.tables import Case
from workflows import cases
from workflows.casefile import CaseFile

DONE = {
    "claim": "You have this case now.",
    "release": "The case is back with its team.",
    "close": "The case is closed.",
    "correct": "Your correction is kept. What is more urgent than it was read has a clinical case now; no case was closed.",
    "reschedule": "The EHR is asked to book this time. The patient gets a confirmation once the EHR has it.",
    "waiting": "The case waits for the patient. It comes back when they write.",
    "resume": "The case is active again, and yours.",
    "log_call": "The call is logged.",
    "call_now": "That you call is logged, and the case is yours. Dial the number, then log how it went.",
    "wrong_number": "No text goes to this number any more. The front office has a case to correct the chart.",
    "recap": "The text is on its way. A promise that waited for it counts as kept.",
    "pass": "Passed.",
    "fail": "Failed; why is kept.",
    "approve": "Approved. Whoever asked is told.",
    "refuse": "Refused. Whoever asked is told.",
    "undo": "Taken back: the case is as it was before.",
}


def said(session: Session, file: CaseFile, verb: str, *, about: str = "") -> str:
    """The sentence for a verb that was just done on this case; empty for none of ours."""
    row, at = file.case, Moments(session)
    other = _other(session, about)
    if verb == "snooze" and row.snoozed_until:
        return f"Snoozed until {at.near(row.snoozed_until)}. It comes back to you by itself."
    if verb == "escalate":
        return f"The case is {words.PRIORITIES.get(row.priority, row.priority).lower()} now. Who can help is told."
    if verb == "reassign":
        to = next((e.staff for e in reversed(file.events) if e.what == "reassigned"), None)
        return f"The case is handed to {to or file.team.name}."
    if verb == "link" and other:
        return f"Case {other.number} is {'closed: this one goes on for both' if other.state == 'closed' else 'linked with this one'}."
    if verb == "approval" and other:
        return f"Asked: case {other.number} waits for a manager or clinician. You are told when they answer."
    if verb == "close" and other:
        due = at.near(other.due_at)
        return f"The case is closed. Our promise is case {other.number}: yours, due {due}; Undo does not take it back."
    return DONE.get(verb, "")


def step_of(asked: str) -> str:
    """The step that an address offers to take back; empty when it cannot be one."""
    for prefix in ("und", "cas"):
        try:
            parse(prefix, asked)
        except Refused:
            continue
        return asked
    return ""


def _other(session: Session, about: str) -> Case | None:
    try:
        return cases.get(session, parse("cas", about))
    except Refused:
        return None
