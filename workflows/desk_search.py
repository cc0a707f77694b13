"""Open cases by the patient's name alone, for whoever has a voice on the phone and no birth date. Names are opened, matched, forgotten."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import org_of, vault
from storage.tables import Case, Patient
from workflows import desk_rows, lookup
from workflows.desk_rows import Line
from workflows.staff import Who

MOST = 50
LEAST_LETTERS = 2
SHORT = "Type at least two letters of the name. Nothing was looked up."


def by_name(session: Session, typed: str, *, by: Who) -> Sequence[Line]:
    """The open cases, among those the person sees, of patients in whose name every word typed begins a word; audited, the name is not."""
    lookup.allowed(by)
    asked = typed.replace("\0", "").casefold().split()
    if sum(map(len, asked)) < LEAST_LETTERS:
        raise Refused(SHORT)
    found = (
        select(Patient.id, Patient.given, Patient.family)
        .where(
            Patient.org_id == org_of(session),
            Patient.id.in_(select(Case.patient_id).where(Case.org_id == org_of(session), *desk_rows.seen_by(by))),
        )
        .order_by(Patient.id)
    )
    keys, hits = vault(session), []
    for row in session.execute(found):
        name = f"{keys.open(row.given, 'patients.given', row.id)} {keys.open(row.family, 'patients.family', row.id)}"
        if _fits(asked, name.casefold()):
            hits.append(row.id)
    lines = desk_rows.of_patients(session, by, hits, MOST) if hits else []
    audit.record(
        session,
        "patient.searched",
        actor=by.actor,
        subject=("organisation", org_of(session)),
        by="name",
        found=len(hits),
    )
    return lines


def _fits(asked: Sequence[str], name: str) -> bool:
    parts = name.replace("-", " ").split()
    return all(any(part.startswith(word) for part in [*parts, name]) for word in asked)
