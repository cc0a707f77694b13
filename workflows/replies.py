"""A person writes to a patient: the owner of the case, in the organisation's name, through the gate like any other text."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, messages, numbers
from storage.db import now, org_of
from storage.tables import Case, Message, Patient, PhoneNumber
from workflows import answers, cases, segments, surroundings, windows
from workflows.judging import LIBRARY
from workflows.staff import Who

MOST_SEGMENTS = 3


@dataclass(frozen=True, slots=True)
class Words:
    """What the patient reads, in which language; `saved` names the saved reply it is, empty for words of one's own."""

    body: str = field(repr=False)
    language: str
    saved: str = ""


CALL = "Nothing was sent. Call instead."
QUALIFIED = "languages"
"""In the organisation's settings: {staff id: [language codes]}, who may write to patients in which language beside English."""

LANGUAGES = {"es": "Spanish", "zh": "Chinese", "vi": "Vietnamese", "ar": "Arabic", "fr": "French"}


def compose(session: Session, text: str) -> str:
    """What the patient would read: the brand first, straight quotes, no line of nothing. Refused when it is empty or over 3 segments."""
    typed = segments.straighten("\n".join(line.rstrip() for line in text.splitlines())).strip()
    if not typed:
        raise Refused("The text is empty. Nothing was sent.")
    if any(ord(char) < 32 and char != "\n" for char in typed):
        raise Refused("The text holds characters that a phone cannot show. Nothing was sent.")
    body = f"{surroundings.organisation_of(session).brand}: {typed}"
    cost = segments.count(body)
    if cost.segments > MOST_SEGMENTS:
        why = " Accents or emoji make it longer." if cost.encoding == "UCS-2" else ""
        raise Refused(
            f"The text is {cost.segments} segments long, {MOST_SEGMENTS} is the most.{why} Nothing was sent. Shorten it."
        )
    return body


def reply(session: Session, case_id: UUID, text: str, *, by: Who, form_id: UUID) -> UUID:
    """Plan a text to the case's patient; the message's id. The same `form_id` twice (a double click) is one text.

    The number is locked before its opt-out is read, so a STOP that commits first is seen. Refused when `by` does not own the case, when
    there is no number, when it opted out or takes no texts. When it leaves is the gate's to say.
    """
    return write(session, cases.owned(session, case_id, by=by), text, by=by, form_id=form_id)


def write(session: Session, case: Case, text: str, *, by: Who, form_id: UUID) -> UUID:
    """The same once it is settled that `by` may write from this case."""
    _demand_language(session, case, by)
    return plan(
        session, case, Words(compose(session, text), language_of(session, case) or "en"), by=by, form_id=form_id
    )


def plan(session: Session, case: Case, words: Words, *, by: Who, form_id: UUID) -> UUID:
    """Words that may go, through the gate; the message's id. Refused when no text can or may go to the number."""
    number, body = number_to_write(session, case), words.body
    draft = messages.Draft(
        number_id=number.id,
        body=body,
        purpose="staff",
        dedupe_key=f"staff:{form_id}",
        patient_id=case.patient_id,
        conversation_id=messages.conversation(session, patient_id=case.patient_id, number_id=number.id),
        enrollment_id=case.enrollment_id,
        case_id=case.id,
        segments=segments.count(body).segments,
        in_reply_to=_heard_last(session, case, number),
        staff_id=by.id,
        language=words.language,
        step=LIBRARY + words.saved if words.saved else None,
    )
    planned = answers.send(session, draft)
    if planned is None:
        return _sent_before(session, draft)
    audit.record(
        session,
        "case.replied",
        actor=by.actor,
        subject=("case", show("cas", case.id)),
        message=show("msg", planned),
        segments=draft.segments,
        saved=words.saved or None,
    )
    return planned


def language_of(session: Session, case: Case) -> str:
    """The patient's language, as a code; empty for nobody known."""
    if case.patient_id is None:
        return ""
    found = select(Patient.language).where(Patient.org_id == case.org_id, Patient.id == case.patient_id)
    return session.scalar(found) or ""


def _demand_language(session: Session, case: Case, by: Who) -> None:
    """Free words of staff go out in a language the writer is marked for: a wrong word can harm (Title VI, 45 CFR 92.201)."""
    if qualified(session, case, by):
        return
    language = language_of(session, case)
    raise Refused(
        f"The patient's language is {LANGUAGES.get(language, language)}, and you are not marked as qualified to write in it. "
        "Nothing was sent. Pick a saved reply, hand the case to a colleague who is, or call with an interpreter."
    )


def qualified(session: Session, case: Case, by: Who) -> bool:
    """Whether `by` may write to this patient in words of their own."""
    language = language_of(session, case)
    return language in ("", "en") or language in _languages(session, by)


def _languages(session: Session, by: Who) -> frozenset[str]:
    known = surroundings.organisation_of(session).settings.get(QUALIFIED, {}).get(str(by.id), [])
    return frozenset(known)


def hours_now(session: Session, case: Case) -> windows.Verdict | None:
    """Whether a text of this case could arrive now, so that its writer knows at once that it waits; None without a number.

    Only the hours: the gate judges everything when the text is due, and its word stands in the conversation.
    """
    number_id = _number_id(session, case)
    if number_id is None:
        return None
    number = session.scalar(select(PhoneNumber).where(PhoneNumber.org_id == case.org_id, PhoneNumber.id == number_id))
    patient = None
    if case.patient_id is not None:
        patient = session.scalar(select(Patient).where(Patient.org_id == case.org_id, Patient.id == case.patient_id))
    sunday = surroundings.organisation_of(session).texts_on_sunday
    return windows.check(surroundings.place(session, patient, number), now(session), sunday=sunday)


def _number_id(session: Session, case: Case) -> UUID | None:
    if case.number_id is None and case.patient_id is not None:
        return next((number.id for number in numbers.of_patient(session, case.patient_id)), None)
    return case.number_id


def number_to_write(session: Session, case: Case) -> PhoneNumber:
    """The patient's number, locked; Refused when there is none, or when no text may or can go there."""
    number_id = _number_id(session, case)
    if number_id is None:
        raise Refused("There is no phone number for this patient. Nothing was sent. Look in the EHR for one.")
    number = numbers.lock(session, number_id)
    if numbers.suppressed(session, [number.id]):
        raise Refused("This number opted out of texts. Call instead.")
    if number.textable == "no":
        raise Refused(f"This number cannot get texts. {CALL}")
    return number


def _heard_last(session: Session, case: Case, number: PhoneNumber) -> UUID | None:
    """The newest text from this number: an open conversation is counted from it. Else what the case is about."""
    newest = messages.newest_inbound(session, number.id)
    return newest or case.message_id


def _sent_before(session: Session, draft: messages.Draft) -> UUID:
    earlier = session.scalars(
        select(Message).where(Message.org_id == org_of(session), Message.dedupe_key == draft.dedupe_key)
    ).one()
    same = (earlier.case_id, earlier.staff_id) == (draft.case_id, draft.staff_id)
    if not same or messages.body(session, earlier) != draft.body:
        raise Refused("This form was sent before with another text. The new text was not sent. Send it again.")
    return earlier.id
