"""How a patient wants to be reached, remembered (S38): from their own words, staff, the EHR or an import; the newest of a kind counts."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, ledger
from storage.arrays import among
from storage.db import now, org_of
from storage.tables import ContactPreference
from workflows.wishes import Wish, Wishes


def keep(session: Session, patient_id: UUID, wishes: Iterable[Wish], *, source: str, by: str | None = None) -> None:
    """Remember what a patient asked for; `source` patient, staff, ehr or import. An older wish of the same kind ends."""
    for wish in wishes:
        live = _live(ContactPreference.patient_id == patient_id, session)
        session.execute(
            update(ContactPreference)
            .where(*live, ContactPreference.kind == wish.kind)
            .values(until=now(session))
            .execution_options(synchronize_session=False)
        )
        session.add(
            ContactPreference(
                org_id=org_of(session), patient_id=patient_id, kind=wish.kind, opens=wish.opens, closes=wish.closes,
                channel=wish.channel, source=source, since=now(session),
            )
        )  # fmt: skip
        session.flush()
        ledger.write(
            session, [ledger.Line("kept", f"preference.{wish.kind}", detail={"wish": wish.words, "source": source})]
        )
        audit.record(
            session, "preference.kept", actor=by or source, subject=("patient", show("pat", patient_id)), kind=wish.kind
        )


def of_many(session: Session, patient_ids: Iterable[UUID]) -> dict[UUID, Wishes]:
    """The live wishes of these patients, in one query; those who never said anything are left out."""
    ids = list(patient_ids)
    if not ids:
        return {}
    found: dict[UUID, dict[str, Wish]] = {}
    for row in session.scalars(
        select(ContactPreference).where(*_live(among(ContactPreference.patient_id, ids), session))
    ):
        wish = Wish(row.kind, row.opens, row.closes, row.channel)
        found.setdefault(row.patient_id, {})[row.kind] = wish
    return {patient_id: Wishes(**wishes) for patient_id, wishes in found.items()}


def of(session: Session, patient_id: UUID | None) -> Wishes:
    """One patient's wishes; nobody has none."""
    return of_many(session, [patient_id]).get(patient_id, Wishes()) if patient_id else Wishes()


def _live(whose: Any, session: Session) -> tuple[Any, ...]:
    return (ContactPreference.org_id == org_of(session), whose, ContactPreference.until.is_(None))
