"""Two charts that look like one person: same family name and birth date, same first name. Texts may go to both, or to the wrong one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import org_of, vault
from storage.tables import Patient
from workflows import cases

KIND = "duplicate_chart"
AT_ONCE = 200
"""Patients that come in one go as a first import are not asked about one by one."""


def look(session: Session, new: Sequence[Patient]) -> None:
    """A case for each pair of charts, one of them new; asked once a pair, for ever. Twins differ in their first names."""
    hashes = {row.name_birth_hash for row in new if row.name_birth_hash is not None}
    if not hashes or len(new) > AT_ONCE:
        return
    known = select(Patient).where(
        Patient.org_id == org_of(session),
        Patient.name_birth_hash.in_(hashes),
        Patient.active,
        Patient.deceased.is_(False),
    )
    alike: dict[tuple[bytes | None, str], list[UUID]] = {}
    for row in session.scalars(known):
        given = vault(session).open(row.given, "patients.given", row.id).casefold()
        alike.setdefault((row.name_birth_hash, given), []).append(row.id)
    fresh = {row.id for row in new}
    for same in alike.values():
        for one in sorted(fresh.intersection(same)):
            for other in sorted(set(same) - {one}):
                _ask(session, one, other)


def _ask(session: Session, one: UUID, other: UUID) -> None:
    first, second = sorted((one, other))
    cases.open_one(
        session,
        cases.Opening(
            kind=KIND, team="front_office", reason="same_person", due="1 business day",
            dedupe_key=f"same:{first}:{second}", patient_id=one,
        ),
    )  # fmt: skip
