"""The approved texts that a person may send: the library's (in date) and the saved replies; and the one way to fill them."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Misconfigured
from core.ids import show
from storage.db import now, org_of
from storage.tables import Case, Enrollment, Patient, SavedReply
from workflows import answers, surroundings, texts
from workflows.forms import links
from workflows.library import replies as library

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in its languages; `form` is what its {link} leads to."""

    title: str
    variants: dict[str, str]
    form: str | None = None


def shelf(session: Session) -> dict[str, Text]:
    """All of them by key: the library's names, and "svr_…" of saved replies."""
    organisation = surroundings.organisation_of(session)
    found = {
        key: Text(entry.title, dict(entry.texts), entry.form)
        for key, entry in library.of(organisation).answers.items()
        if today(session) <= entry.expires_on.isoformat()
    }
    return found | saved(session)


def saved(session: Session) -> dict[str, Text]:
    """The saved replies that somebody approved, by title."""
    rows = select(SavedReply).where(SavedReply.org_id == org_of(session), SavedReply.state == APPROVED)
    return {
        show("svr", row.id): Text(row.title, dict(row.texts))
        for row in session.scalars(rows.order_by(SavedReply.title, SavedReply.id))
    }


def filled(session: Session, case: Case, text: Text, *, language: str, link: str | None = None) -> str | None:
    """The approved words with their values, in the patient's language; None when a value or the language is missing.

    `link`: what stands for one that is not made yet.
    """
    facts = surroundings.organisation_of(session).settings.get("facts", {})
    values = answers.values_for(session, _patient(session, case.patient_id), language)
    values |= {name: said[language] for name, said in facts.items() if language in said}
    try:
        if text.form is not None and _needs_link(text) and case.enrollment_id is not None:
            enrollment = session.get_one(Enrollment, (case.org_id, case.enrollment_id))
            values["link"] = link or links.link(session, enrollment, form=text.form, language=language)
        return texts.fill(texts.variant(text.variants, text.title, language), **values)
    except (Misconfigured, texts.Untranslated):
        return None


def today(session: Session) -> str:
    """The organisation's date, for comparing."""
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    return now(session).astimezone(zone).date().isoformat()


def _needs_link(text: Text) -> bool:
    return any("link" in texts.placeholders(words) for words in text.variants.values())


def _patient(session: Session, patient_id: UUID | None) -> Patient | None:
    if patient_id is None:
        return None
    return session.scalar(select(Patient).where(Patient.org_id == org_of(session), Patient.id == patient_id))
