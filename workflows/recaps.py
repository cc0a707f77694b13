"""Send recap (S36): an approved text of the library, a link or the next step, sent by a person to keep a promise."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from storage import audit, case_log, messages
from storage.db import now, org_of
from storage.tables import Case, Enrollment, Patient
from workflows import answers, cases, promising, replies, segments, surroundings, texts
from workflows.forms import links
from workflows.judging import LIBRARY
from workflows.library import Entry
from workflows.library import replies as library
from workflows.staff import Who

NONE = "No approved text can be sent for case {number}: none is in the patient's language, or a value is missing. Nothing was sent."


def offered(session: Session, case_id: UUID, *, by: Who) -> tuple[Case, dict[str, str]]:
    """The case and {key: title} of the approved texts that can be sent now: in date, in the patient's language, nothing missing."""
    case = cases.owned(session, case_id, by=by)
    patient, language = _patient(session, case), replies.language_of(session, case) or "en"
    found = {
        key: entry.title
        for key, entry in library.of(surroundings.organisation_of(session)).answers.items()
        if _current(session, entry) and _filled(session, case, patient, entry, language=language, link="…") is not None
    }
    if not found:
        raise Refused(NONE.format(number=case.number))
    return case, found


def send(session: Session, case_id: UUID, key: str, *, by: Who) -> Case:
    """Plan the text, through the gate like any other, and call the case's promises kept. The same text once a day."""
    case, found = offered(session, case_id, by=by)
    if key not in found:
        raise Refused(NONE.format(number=case.number))
    number = replies.number_to_write(session, case)
    patient, language = _patient(session, case), replies.language_of(session, case) or "en"
    entry = library.of(surroundings.organisation_of(session)).answers[key]
    body = _filled(session, case, patient, entry, language=language, link=None)
    if body is None:
        raise Refused(NONE.format(number=case.number))
    planned = answers.send(
        session,
        messages.Draft(
            number_id=number.id, body=body, purpose="staff", dedupe_key=f"recap:{case.id}:{key}:{_today(session)}",
            patient_id=case.patient_id, enrollment_id=case.enrollment_id, case_id=case.id, language=language,
            conversation_id=messages.conversation(session, patient_id=case.patient_id, number_id=number.id),
            segments=segments.count(body).segments, staff_id=by.id, step=LIBRARY + key,
        ),
    )  # fmt: skip
    if planned is None:
        raise Refused(f"“{entry.title}” was sent from case {case.number} today already. Nothing was sent again.")
    promising.kept(session, case)
    promises = cases.card_promises(case)
    case_log.write(session, case.id, "recap_sent", actor=by.actor, promises=promises, staff_id=by.id, detail=key)
    audit.record(session, "case.recap", actor=by.actor, subject=("case", str(case.number)), key=key)
    return case


def _filled(
    session: Session, case: Case, patient: Patient | None, entry: Entry, *, language: str, link: str | None
) -> str | None:
    """The approved words with their values; None when one is missing. `link`: what stands for one that is not made yet."""
    facts = surroundings.organisation_of(session).settings.get("facts", {})
    values = answers.values_for(session, patient, language)
    values |= {name: said[language] for name, said in facts.items() if language in said}
    try:
        if entry.form is not None and "link" in entry.needs and case.enrollment_id is not None:
            values["link"] = link or links.link(
                session,
                session.get_one(Enrollment, (case.org_id, case.enrollment_id)),
                form=entry.form,
                language=language,
            )
        return texts.fill(texts.variant(entry.texts, entry.title, language), **values)
    except (Misconfigured, texts.Untranslated):
        return None


def _current(session: Session, entry: Entry) -> bool:
    return _today(session) <= entry.expires_on.isoformat()


def _today(session: Session) -> str:
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    return now(session).astimezone(zone).date().isoformat()


def _patient(session: Session, case: Case) -> Patient | None:
    if case.patient_id is None:
        return None
    return session.scalar(select(Patient).where(Patient.org_id == org_of(session), Patient.id == case.patient_id))
