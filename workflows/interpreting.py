"""Who interpreted, in which language and how: kept when a case is closed as spoken through an interpreter (45 CFR 92.201).

What is kept is about the interpreter. The patient is in none of it.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, case_log
from storage.db import now, org_of
from storage.tables import Case, Interpretation, Patient
from workflows import languages
from workflows.staff import Who

KIND = "interpreter"
DONE = "interpreted"
HOW = {"phone": "By phone", "video": "By video", "in_person": "In person"}
LANGUAGES = {code: name for code, name in languages.NAMES.items() if code != "en"}
OTHER = "other"
ASK = "Say who interpreted: a name or number, the language and how. The case is still open."
NAMED = re.compile(r"[^\W_][\w .,'’#/()&-]{1,59}")
DIALLED = re.compile(r"(?:\d[ .()/-]*){10,}")


@dataclass(frozen=True, slots=True)
class Interpreted:
    """What a person says of it. `who` is a name, a badge or an agency with its number."""

    who: str
    language: str
    how: str


def told(who: str | None, language: str | None, how: str | None) -> Interpreted | None:
    """What was filled in of a form; None when nothing was: a language alone is only what the form began with."""
    if not (who or "").strip() and not how:
        return None
    return Interpreted((who or "").strip(), language or "", how or "")


def demand(case: Case, disposition: str, said: Interpreted | None) -> None:
    """Refuse an ending through an interpreter that does not say who; and half an answer with any other ending."""
    if said is None:
        if disposition == DONE:
            raise Refused(ASK)
        return
    if case.kind != KIND:
        raise Refused(f"Case {case.number} asks for no interpreter. The case is still open.")
    if said.how not in HOW or said.language not in LANGUAGES or not said.who:
        raise Refused(ASK)
    if not NAMED.fullmatch(said.who) or DIALLED.search(said.who):
        raise Refused(
            "Write the interpreter's name, or the agency and a number of theirs, in at most 60 letters and digits; "
            "no phone number. The case is still open."
        )


def keep(session: Session, case: Case, said: Interpreted, *, by: Who) -> None:
    """Write it down with the closing that it belongs to. Nobody's record of an earlier closing is touched."""
    session.add(
        Interpretation(
            org_id=org_of(session), case_id=case.id, staff_id=by.id, at=now(session),
            interpreter=said.who, language=said.language, how=said.how,
        )
    )  # fmt: skip
    code = f"{said.language}.{said.how}"
    case_log.write(session, case.id, "interpreted", actor=by.actor, promises=(), staff_id=by.id, detail=code)
    audit.record(
        session, "case.interpreter", actor=by.actor, subject=("case", show("cas", case.id)), interpreter=said.who,
        language=said.language, how=said.how,
    )  # fmt: skip


def of_closing(session: Session, case: Case) -> Interpretation | None:
    """Who interpreted for the ending that stands; None for a case that is open again or needed nobody."""
    if case.kind != KIND or case.closed_at is None:
        return None
    found = select(Interpretation).where(
        Interpretation.org_id == case.org_id, Interpretation.case_id == case.id, Interpretation.at == case.closed_at
    )
    return session.scalar(found.order_by(Interpretation.id.desc()).limit(1))


def words(row: Interpretation) -> str:
    """ "Spanish, by phone, LanguageLine 4411"."""
    return f"{LANGUAGES[row.language]}, {HOW[row.how].lower()}, {row.interpreter}"


def usual(session: Session, patient_id: UUID | None) -> str:
    """The language to begin with: the patient's."""
    found = select(Patient.language).where(Patient.org_id == org_of(session), Patient.id == patient_id)
    code = (session.scalar(found) or "").replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else OTHER
