"""Send recap (S36): an approved text, a link or the next step, sent by a person to keep a promise."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit, case_log, messages
from storage.tables import Case
from workflows import answers, approved, cases, promising, replies, segments
from workflows.judging import LIBRARY
from workflows.staff import Who

NONE = "No approved text can be sent for case {number}: none is in the patient's language, or a value is missing. Nothing was sent."


def offered(session: Session, case_id: UUID, *, by: Who) -> tuple[Case, dict[str, str]]:
    """The case and {key: title} of the approved texts that can be sent now: in date, in the patient's language, nothing missing."""
    case = cases.owned(session, case_id, by=by)
    language = replies.language_of(session, case) or "en"
    found = {
        key: text.title
        for key, text in approved.shelf(session).items()
        if approved.filled(session, case, text, language=language, link="…") is not None
    }
    if not found:
        raise Refused(NONE.format(number=case.number))
    return case, found


def send(session: Session, case_id: UUID, key: str, *, by: Who) -> Case:
    """Plan the text, through the gate like any other, and call the case's promises kept. The same text once a day."""
    case = cases.owned(session, case_id, by=by)
    text, language = approved.shelf(session).get(key), replies.language_of(session, case) or "en"
    number = replies.number_to_write(session, case)
    body = approved.filled(session, case, text, language=language) if text else None
    if text is None or body is None:
        raise Refused(NONE.format(number=case.number))
    planned = answers.send(
        session,
        messages.Draft(
            number_id=number.id, body=body, purpose="staff", dedupe_key=f"recap:{case.id}:{key}:{approved.today(session)}",
            patient_id=case.patient_id, enrollment_id=case.enrollment_id, case_id=case.id, language=language,
            conversation_id=messages.conversation(session, patient_id=case.patient_id, number_id=number.id),
            segments=segments.count(body).segments, staff_id=by.id, step=LIBRARY + key,
        ),
    )  # fmt: skip
    if planned is None:
        raise Refused(f"“{text.title}” was sent from case {case.number} today already. Nothing was sent again.")
    promising.kept(session, case)
    promises = cases.card_promises(case)
    case_log.write(session, case.id, "recap_sent", actor=by.actor, promises=promises, staff_id=by.id, detail=key)
    audit.record(session, "case.recap", actor=by.actor, subject=("case", str(case.number)), key=key)
    return case
