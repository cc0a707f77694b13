"""Whom the rows of a list mean (S91), all rows at once: by mrn or the source's own id surely, by name and birth date only perhaps."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import org_of, vault
from storage.tables import Patient, PatientAlias, PatientNumber, PhoneNumber
from workflows.cohorts.csv_files import Rejected, Row

SURE, LOW = "sure", "low"
DATES = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d.%m.%Y", "%Y%m%d")


@dataclass(frozen=True, slots=True)
class Match:
    """A row and its patient; no patient is a new one, by an mrn nobody has. `confidence`: sure, or low for a person to look at."""

    row: Row
    patient_id: UUID | None
    confidence: str
    phone: str | None  # E.164
    born: date | None


@dataclass(slots=True)
class _Known:
    mrn: Mapping[str, list[UUID]]
    alias: Mapping[str, list[UUID]]
    name: Mapping[str, list[UUID]]
    names: Mapping[UUID, bytes | None]


def match(
    session: Session, rows: Sequence[Row], *, source: str, region: str = "US"
) -> tuple[list[Match], list[Rejected]]:
    """Each row's patient, or why there is none: no_id, phone, birth_date, unknown_patient, ambiguous, duplicate."""
    known = _look_up(session, rows, source=source)
    found: list[Match] = []
    rejected: list[Rejected] = []
    for row in rows:
        one = _one(row, known, region)
        if isinstance(one, Match):
            found.append(one)
        else:
            rejected.append(Rejected(row, one))
    return _once(found, rejected)


def numbers_of(session: Session, patient_ids: Iterable[UUID]) -> dict[UUID, set[bytes]]:
    """The hashes of the numbers that these patients' charts hold."""
    found = (
        select(PatientNumber.patient_id, PhoneNumber.e164_hash)
        .join(PhoneNumber, (PhoneNumber.org_id == PatientNumber.org_id) & (PhoneNumber.id == PatientNumber.number_id))
        .where(PatientNumber.org_id == org_of(session), PatientNumber.patient_id.in_(set(patient_ids)))
    )
    held: dict[UUID, set[bytes]] = defaultdict(set)
    for patient_id, hashed in session.execute(found):
        held[patient_id].add(hashed)
    return held


def born_on(text: str) -> date | None:
    """A date as lists write it; month first, as in the US, where it could be either."""
    for form in DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _one(row: Row, known: _Known, region: str) -> "Match | str":
    values = row.values
    mrn, own = values.get("mrn", ""), values.get("external_id", "")
    if not mrn and not own:
        return "no_id"
    phone = phone_of(values.get("phone", ""), region)
    if phone is None and values.get("phone"):
        return "phone"
    born = born_on(values["birth_date"]) if values.get("birth_date") else None
    if born is None and values.get("birth_date"):
        return "birth_date"
    by_id = [*known.mrn.get(mrn, []), *known.alias.get(own, [])]
    name = _name(values.get("family", ""), born)
    if len(set(by_id)) > 1:
        return "ambiguous"
    if by_id:
        same = name is None or by_id[0] in known.name.get(name, []) or known.names.get(by_id[0]) is None
        return Match(row, by_id[0], SURE if same else LOW, phone, born)
    alike = known.name.get(name, []) if name else []
    if len(alike) == 1:
        return Match(row, alike[0], LOW, phone, born)
    if alike:
        return "ambiguous"
    return Match(row, None, SURE, phone, born) if mrn and phone else "unknown_patient"


def _look_up(session: Session, rows: Sequence[Row], *, source: str) -> _Known:
    keys = vault(session)
    mrns = {h: mrn for mrn in {r.values.get("mrn", "") for r in rows} - {""} for h in keys.lookups("mrn", mrn)}
    own = {r.values.get("external_id", "") for r in rows} - {""}
    aliases = {h: one for one in own for h in keys.lookups(f"alias.{source}", one)}
    named = {_name(r.values.get("family", ""), born_on(r.values.get("birth_date", ""))) for r in rows} - {None}
    names = {h: name for name in named if name for h in keys.lookups("name_birth", name)}
    org = org_of(session)
    mine = select(Patient.mrn_hash, Patient.id).where(Patient.org_id == org, Patient.mrn_hash.in_(mrns))
    named_so = select(Patient.name_birth_hash, Patient.id).where(
        Patient.org_id == org, Patient.name_birth_hash.in_(names)
    )
    alias = select(PatientAlias.alias_hash, PatientAlias.patient_id).where(
        PatientAlias.org_id == org, PatientAlias.source == source, PatientAlias.alias_hash.in_(aliases)
    )
    by_mrn = _ids(session.execute(mine), mrns)
    by_alias = _ids(session.execute(alias), aliases)
    by_name = _ids(session.execute(named_so), names)
    asked = {one for found in (by_mrn, by_alias) for ids in found.values() for one in ids}
    held = select(Patient.id, Patient.name_birth_hash).where(Patient.org_id == org, Patient.id.in_(asked))
    return _Known(by_mrn, by_alias, by_name, {row.id: row.name_birth_hash for row in session.execute(held)})


def _ids(rows: Iterable[tuple[bytes | None, UUID]], said: Mapping[bytes, str]) -> dict[str, list[UUID]]:
    """By what a row said: the ids that its hash leads to."""
    by: dict[str, list[UUID]] = defaultdict(list)
    for hashed, patient_id in rows:
        if hashed is not None:
            by[said[hashed]].append(patient_id)
    return by


def _once(found: Sequence[Match], rejected: list[Rejected]) -> tuple[list[Match], list[Rejected]]:
    """A patient is on a list once: the first row counts, the others are told."""
    seen: Counter[object] = Counter()
    kept = []
    for one in found:
        who = one.patient_id or one.row.values.get("mrn")
        if seen[who]:
            rejected.append(Rejected(one.row, "duplicate"))
        else:
            kept.append(one)
        seen[who] += 1
    return kept, rejected


def _name(family: str, born: date | None) -> str | None:
    return f"{family.casefold()} {born.isoformat()}" if family and born else None


def phone_of(text: str, region: str) -> str | None:
    """E.164 of a number as people write it; None for what is no number."""
    try:
        parsed = phonenumbers.parse(text.lstrip("'"), region)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
