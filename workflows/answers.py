"""Automatic texts that answer a patient: fixed, approved, at most one an inbound text, and never part of a loop."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import ledger, messages, outbox
from storage.db import now, org_of
from storage.outbox import Topic
from storage.tables import Appointment, Message, Patient
from workflows import segments, sending, sensitive, surroundings, texts, windows

PER_HOUR = 5  # two machines answering each other stop here


def answer(
    session: Session,
    to: Message,
    key: str,
    *,
    purpose: str = "answer",
    language: str = "en",
    by: datetime | None = None,
) -> UUID | None:
    """Plan the organisation's text `key` as the one answer to an inbound message; None when one exists or a loop is suspected.

    `by` fills {by} in the patient's own time. A safety text goes in English when the language has no approved one: it must go.
    """
    if purpose == "answer" and looping(session, to):
        return None
    coming = _next_visit(session, _patient(session, to)) if key == "confirmed" else None
    if key == "confirmed" and coming is None:
        key = "thanks"  # the visit they confirm is not one we can name
    try:
        body = texts.say(key, language, **_values(session, _patient(session, to), language, by=by, when=coming))
    except texts.Untranslated:
        if purpose not in ("safety", "opt_out"):
            ledger.write(
                session, [ledger.Line("refused", "language.no_text", to.enrollment_id, to.id, None, to.number_id)]
            )
            return None
        body = texts.say(key, "en", **_values(session, _patient(session, to), "en", by=by, when=coming))
    return say(session, to, body, purpose=purpose, language=language)


def say(
    session: Session, to: Message, body: str, *, purpose: str = "answer", language: str = "en", step: str | None = None
) -> UUID | None:
    """Plan these words as the one answer to an inbound message; None when it has one. `step` says which answer it was."""
    draft = messages.Draft(
        number_id=to.number_id,
        body=body,
        purpose=purpose,
        dedupe_key=f"{'answer' if purpose == 'answer' else purpose}:{to.id}",
        patient_id=to.patient_id,
        conversation_id=to.conversation_id,
        enrollment_id=to.enrollment_id,
        step=step,
        language=language,
        segments=segments.count(body).segments,
        in_reply_to=to.id,
    )
    return send(session, draft)


def send(session: Session, draft: messages.Draft) -> UUID | None:
    """Plan one text and promise it, in the lane of its purpose; None when its dedupe key exists."""
    planned = messages.plan(session, [draft])
    if not planned:
        return None
    outbox.put(session, Topic.TEXT_SEND, planned[0], lane=sending.lane_of(draft.purpose))
    return planned[0]


def looping(session: Session, to: Message) -> bool:
    """Whether so many answers went to this number within an hour that a machine must be answering; said in the ledger."""
    if _recent(session, to.number_id) < PER_HOUR:
        return False
    ledger.write(session, [ledger.Line("refused", "answer.loop", to.enrollment_id, to.id, None, to.number_id)])
    return True


def _recent(session: Session, number_id: UUID) -> int:
    found = select(func.count()).where(
        Message.org_id == org_of(session),
        Message.number_id == number_id,
        Message.purpose == "answer",
        Message.created_at > now(session) - timedelta(hours=1),
    )
    return session.scalar(found) or 0


def values(session: Session, to: Message, language: str) -> dict[str, str]:
    """What any answer to this message may say: the clinic, its phone, and {when} the patient's next visit is, if there is one."""
    return values_for(session, _patient(session, to), language)


def values_for(session: Session, patient: Patient | None, language: str) -> dict[str, str]:
    """The same for a text that answers none."""
    return _values(session, patient, language, by=None, when=_next_visit(session, patient))


def _values(
    session: Session, patient: Patient | None, language: str, *, by: datetime | None, when: datetime | None
) -> dict[str, str]:
    organisation = surroundings.organisation_of(session)
    values = {"clinic": sensitive.sender(session, patient), "phone": organisation.phone}
    zone = windows.zones(surroundings.place(session, patient, None))[0]
    if by is not None:
        values["by"] = texts.when_label(by, zone, language)
    if when is not None:
        values["when"] = texts.when_label(when, zone, language)
    return values


def _patient(session: Session, to: Message) -> Patient | None:
    if to.patient_id is None:
        return None
    return session.get(Patient, (org_of(session), to.patient_id))


def _next_visit(session: Session, patient: Patient | None) -> datetime | None:
    if patient is None:
        return None
    return session.scalar(
        select(func.min(Appointment.start_at)).where(
            Appointment.org_id == org_of(session),
            Appointment.patient_id == patient.id,
            Appointment.status == "booked",
            Appointment.start_at > now(session),
        )
    )
