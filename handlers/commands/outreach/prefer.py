"""`/outreach prefer 1042 call after 5`: how the patient of a case wants to be reached (S38)."""

from sqlalchemy.orm import Session

from core.errors import Refused
from handlers.commands import case_number
from handlers.commands.outreach import PATIENT, Verb
from workflows import cases, preferences, staff, wishes
from workflows.roles import Verb as Right
from workflows.staff import Who

USAGE = "`/outreach prefer 1042 call after 5`, `texts in the morning`, `email instead`: how the patient wants to be reached."


def answer(session: Session, rest: str, who: Who) -> str:
    """Read the wish as a patient's own words are read, and keep it."""
    said, _, words = rest.partition(" ")
    number = case_number(said)
    if number is None or not words:
        return USAGE
    case = cases.by_number(session, number)
    staff.demand_work(session, who, case)
    if case.patient_id is None:
        raise Refused(f"Case {number} has no patient behind it. Nothing was changed.")
    wished = wishes.heard(words)
    if not wished:
        raise Refused(f"That could not be read as a wish. Nothing was changed. {USAGE}")
    preferences.keep(session, case.patient_id, wished, source="staff", by=who.actor)
    return f"Case {number}: kept, {', '.join(wish.words for wish in wished)}."


VERB = Verb("prefer", USAGE, answer, PATIENT, Right.WORK_CASE)
