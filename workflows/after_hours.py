"""What a patient hears while nobody is at work: one answer a night, with when we open, the emergency line and our phone."""

from uuid import UUID

from sqlalchemy.orm import Session

from storage import messages
from storage.db import now
from storage.tables import Message, Patient
from workflows import answers, segments, sensitive, surroundings, team_hours, texts, windows

DESK = "front_office"  # whose hours the patient is told


def answer(session: Session, to: Message, key: str, *, patient: Patient | None, language: str) -> UUID | None:
    """Tell that a person will read it: by the text `key` in office hours, else by the night's one answer to this number."""
    organisation = surroundings.organisation_of(session)
    opens = team_hours.of(session, DESK).opening(now(session))
    if opens <= now(session):
        return answers.answer(session, to, key, language=language)
    zone = windows.zones(surroundings.place(session, patient, None))[0]
    try:
        said = texts.say(
            "after_hours", language, clinic=sensitive.sender(session, patient), phone=organisation.phone,
            opens=texts.when_label(opens, zone, language),
        )  # fmt: skip
    except texts.Untranslated:
        return None
    draft = messages.Draft(
        number_id=to.number_id, body=said, purpose="answer", dedupe_key=f"night:{to.number_id}:{opens.isoformat()}",
        patient_id=to.patient_id, conversation_id=to.conversation_id, enrollment_id=to.enrollment_id, language=language,
        segments=segments.count(said).segments, in_reply_to=to.id,
    )  # fmt: skip
    return answers.send(session, draft)
