"""Phone numbers: found by keyed hash, locked before anything that may text them; consent and suppression hang on them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.arrays import among
from storage.db import new_id, new_ids, now, org_of, vault
from storage.tables import Consent, Patient, PatientNumber, PhoneNumber, Suppression

TEXT, MARKETING, WRONG = "text", "marketing", "wrong_number"


def find(session: Session, e164: str, *, lock: bool = False) -> PhoneNumber | None:
    """The row of an E.164 number; `lock` holds it against a concurrent claim of texts to it."""
    hashes = vault(session).lookups("phone", e164)
    found = select(PhoneNumber).where(PhoneNumber.org_id == org_of(session), PhoneNumber.e164_hash.in_(hashes))
    return session.scalar(found.with_for_update() if lock else found)


def add(session: Session, e164: str, *, textable: str = "unknown") -> PhoneNumber:
    """The row of an E.164 number, made if it is new; locked."""
    known = find(session, e164, lock=True)
    if known is not None:
        return known
    keys, row = vault(session), new_id(session)
    session.execute(
        insert(PhoneNumber)
        .values(
            org_id=org_of(session),
            id=row,
            e164_hash=keys.lookup("phone", e164),
            e164=keys.seal(e164, "phone_numbers.e164", row),
            textable=textable,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "e164_hash"])
    )
    made = find(session, e164, lock=True)
    if made is None:
        raise LookupError("a number just written is not there")
    return made


def add_all(session: Session, said: Mapping[str, str]) -> dict[str, UUID]:
    """The ids of many E.164 numbers (with `textable` for those that are new), in three statements; none is locked."""
    keys, org = vault(session), org_of(session)
    hashes = {hashed: e164 for e164 in said for hashed in keys.lookups("phone", e164)}

    def known() -> dict[str, UUID]:
        rows = session.execute(
            select(PhoneNumber.e164_hash, PhoneNumber.id).where(
                PhoneNumber.org_id == org, PhoneNumber.e164_hash.in_(hashes)
            )
        )
        return {hashes[row.e164_hash]: row.id for row in rows}

    found = known()
    missing = [e164 for e164 in said if e164 not in found]
    if not missing:
        return found
    rows = [
        {
            "org_id": org, "id": row, "e164_hash": keys.lookup("phone", e164), "textable": said[e164],
            "e164": keys.seal(e164, "phone_numbers.e164", row),
        }
        for row, e164 in zip(new_ids(session, len(missing)), missing, strict=True)
    ]  # fmt: skip
    session.execute(insert(PhoneNumber).on_conflict_do_nothing(index_elements=["org_id", "e164_hash"]), rows)
    return known()


def clear(session: Session, number: PhoneNumber) -> str:
    """The number itself, E.164; only for the vendor call and the signed-in page."""
    return vault(session).open(number.e164, "phone_numbers.e164", number.id)


def lock_many(session: Session, ids: Sequence[UUID]) -> dict[UUID, PhoneNumber]:
    """Lock these numbers in id order; those another transaction holds are left out (their texts stay due)."""
    found = (
        select(PhoneNumber)
        .where(PhoneNumber.org_id == org_of(session), among(PhoneNumber.id, ids))
        .order_by(PhoneNumber.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in session.scalars(found)}


def lock_all(session: Session, ids: Sequence[UUID]) -> None:
    """Lock these numbers in id order, waiting for whoever holds one."""
    found = select(PhoneNumber.id).where(PhoneNumber.org_id == org_of(session), among(PhoneNumber.id, ids))
    session.execute(found.order_by(PhoneNumber.id).with_for_update())


def lock(session: Session, number_id: UUID) -> PhoneNumber:
    """Lock one number, waiting for whoever holds it."""
    found = select(PhoneNumber).where(PhoneNumber.org_id == org_of(session), PhoneNumber.id == number_id)
    return session.scalars(found.with_for_update().execution_options(populate_existing=True)).one()


def of_patient(session: Session, patient_id: UUID) -> list[PhoneNumber]:
    """A patient's numbers, best first."""
    found = (
        select(PhoneNumber)
        .join(
            PatientNumber,
            (PatientNumber.org_id == PhoneNumber.org_id) & (PatientNumber.number_id == PhoneNumber.id),
        )
        .where(PatientNumber.org_id == org_of(session), PatientNumber.patient_id == patient_id)
        .order_by(PatientNumber.rank, PhoneNumber.id)
    )
    return list(session.scalars(found))


def patients_of(session: Session, number_id: UUID) -> list[Patient]:
    """Everybody in the EHR who gave this number: the household."""
    found = (
        select(Patient)
        .join(PatientNumber, (PatientNumber.org_id == Patient.org_id) & (PatientNumber.patient_id == Patient.id))
        .where(PatientNumber.org_id == org_of(session), PatientNumber.number_id == number_id, Patient.active)
        .order_by(Patient.id)
    )
    return list(session.scalars(found))


def suppressed(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these numbers may get no text at all."""
    return {number for number, scopes in stops(session, ids).items() if scopes - {MARKETING}}


def stops(session: Session, ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """What is stopped at these numbers: "all", "marketing", or "wrong_number" (all, and no word from there lifts it)."""
    found = select(Suppression.number_id, Suppression.scope, Suppression.source).where(
        Suppression.org_id == org_of(session),
        among(Suppression.number_id, ids),
        Suppression.channel_class.startswith(TEXT),
        Suppression.lifted_at.is_(None),
    )
    stopped: dict[UUID, set[str]] = {}
    for number_id, scope, source in session.execute(found):
        stopped.setdefault(number_id, set()).add(WRONG if source == WRONG else scope)
    return {number_id: frozenset(scopes) for number_id, scopes in stopped.items()}


def suppress(session: Session, number_id: UUID, *, source: str, message_id: UUID | None, scope: str = "all") -> bool:
    """No text (`scope` "marketing": no marketing text) to this number from now on; False when that was so already.

    A number known to be somebody else's stays so: a later STOP does not make it the patient's again.
    """
    made = insert(Suppression).values(
        org_id=org_of(session), number_id=number_id, source=source, message_id=message_id, since=now(session),
        scope=scope, channel_class=TEXT if scope == "all" else f"{TEXT}.{scope}",
    )  # fmt: skip
    keys, live = ["org_id", "number_id", "channel_class"], text("lifted_at IS NULL")
    if source == WRONG:
        settled = made.on_conflict_do_update(
            index_elements=keys, index_where=live, set_={"source": WRONG}, where=Suppression.source != WRONG
        )
    else:
        settled = made.on_conflict_do_nothing(index_elements=keys, index_where=live)
    return session.execute(settled.returning(Suppression.id)).first() is not None


def lift(session: Session, number_id: UUID, *, verified: bool = False) -> bool:
    """The patient asked to get texts again; False when nothing was. A wrong number is lifted only once staff `verified` it."""
    where = [Suppression.org_id == org_of(session), Suppression.number_id == number_id, Suppression.lifted_at.is_(None)]
    if not verified:
        where.append(Suppression.source != WRONG)
    done = session.execute(update(Suppression).where(*where).values(lifted_at=now(session)).returning(Suppression.id))
    return done.first() is not None


def consented(session: Session, ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """The classes of live consent on file for these numbers; marketing counts only in writing (T7)."""
    found = select(Consent.number_id, Consent.consent_class).where(
        Consent.org_id == org_of(session),
        among(Consent.number_id, ids),
        Consent.withdrawn_at.is_(None),
        (Consent.consent_class != MARKETING) | Consent.written,
    )
    given: dict[UUID, set[str]] = {}
    for number_id, kind in session.execute(found):
        given.setdefault(number_id, set()).add(kind)
    return {number_id: frozenset(kinds) for number_id, kinds in given.items()}


def has_patient(session: Session, number_id: UUID, patient_id: UUID) -> bool:
    """Whether this patient gave this number."""
    found = exists().where(
        PatientNumber.org_id == org_of(session),
        PatientNumber.number_id == number_id,
        PatientNumber.patient_id == patient_id,
    )
    return bool(session.scalar(select(found)))
