"""A form came in: taken once, kept sealed, read like a text (escalation first), and told to the program that asked."""

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from storage import audit, ledger, messages, numbers, visits
from storage.db import new_id, now, org_of, vault
from storage.tables import Enrollment, FormAnswer, FormLink, Patient, Slot
from workflows import inbound, offers, surroundings, windows
from workflows.effects import Asked, Event, EventKind
from workflows.forms import answers, links, of_code
from workflows.forms.answers import Answers
from workflows.forms.model import Form


@dataclass(frozen=True, slots=True)
class Taken:
    """How it went. `gone`: the chosen time was taken by somebody else meanwhile, and the link still works."""

    done: bool
    gone: bool = False


def take(session: Session, link: FormLink, given: Answers) -> Taken:
    """Take a form's answers; a link that was used or has run out meanwhile changes nothing.

    The number is locked first, as for a text. Free words go through the understanding before the program hears of the
    form, so a symptom in a comment is a clinical case exactly as it would be in a text (S27).
    """
    form = of_code(link.form)
    numbers.lock(session, link.number_id)
    row = _enrollment(session, link)
    slot = _free_slot(session, given.coded["slot"]) if form.books else None
    if form.books and (slot is None or row is None):
        return Taken(done=False, gone=True)
    if not links.spend(session, link):
        return Taken(done=False)
    message = messages.receive(
        session,
        number_id=link.number_id,
        body=answers.in_words(form, given),
        sid=f"form:{link.id}",
        patient_id=link.patient_id,
        enrollment_id=link.enrollment_id,
        channel="form",
    )
    _keep(session, link, given, message_id=message.id)
    coded = {code: said for code, said in given.coded.items() if code != "slot"}
    event = Event(
        EventKind.FORM,
        name=form.form,
        choice=offers.pick(session, row, slot.id) if slot and row else None,
        score=int(coded["score"]) if "score" in coded else None,
        asked=Asked(None, None, None, message.id),
        answers=coded,
    )
    inbound.receive_form(session, message, _free_words(form, given), context=_context(form), event=event)
    return Taken(done=True)


def times(session: Session, link: FormLink) -> list[Slot]:
    """The times a patient may choose from on the page: free now, and offered to nobody else."""
    row = _enrollment(session, link)
    if row is None or row.state == "ended":
        return []
    return offers.spread(offers.candidates(session, row), offers.ON_PAGE, zone=zone(session, link))


def zone(session: Session, link: FormLink) -> str:
    """In which zone the patient reads times."""
    patient = session.scalars(
        select(Patient).where(Patient.org_id == org_of(session), Patient.id == link.patient_id)
    ).one()
    return windows.zones(surroundings.place(session, patient, None))[0]


def _free_slot(session: Session, named: str) -> Slot | None:
    """The chosen slot; None when it is no longer free."""
    try:
        found = visits.slot(session, parse("slt", named))
    except Refused:
        return None
    return found if found is not None and visits.is_free(found, at=now(session)) else None


def _enrollment(session: Session, link: FormLink) -> Enrollment | None:
    found = select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == link.enrollment_id)
    return session.scalar(found)


def _keep(session: Session, link: FormLink, given: Answers, *, message_id: UUID) -> None:
    row = new_id(session)
    words = json.dumps(dict(given.words), ensure_ascii=False) if given.words else None
    session.add(
        FormAnswer(
            org_id=org_of(session),
            id=row,
            link_id=link.id,
            form=link.form,
            version=link.version,
            patient_id=link.patient_id,
            enrollment_id=link.enrollment_id,
            message_id=message_id,
            coded=dict(given.coded),
            words=vault(session).seal(words, "form_answers.words", row) if words else None,
            answered_at=now(session),
        )
    )
    session.flush()
    detail: dict[str, str | int | None] = {"form": link.form, "version": link.version}
    ledger.write(
        session, [ledger.Line("answered", "form", link.enrollment_id, message_id, None, link.number_id, dict(detail))]
    )
    audit.record(session, "form.answered", actor="patient", subject=("patient", show("pat", link.patient_id)), **detail)


def _free_words(form: Form, given: Answers) -> str:
    return "\n".join(given.words[q.code] for q in form.questions if q.code in given.words)


def _context(form: Form) -> str | None:
    return next((question.reads_as for question in form.questions if question.reads_as), None)
