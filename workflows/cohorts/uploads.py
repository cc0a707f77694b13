"""A list uploaded as CSV: read, matched and kept in one transaction, answered row by row, the same file once."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit, numbers
from storage.db import new_id, new_ids, now, org_of, vault
from storage.tables import Cohort, CohortEntry, CohortSource, CohortUpload
from workflows import consent, patients
from workflows.cohorts import csv_files, matching
from workflows.cohorts.csv_files import CONSENT, Rejected, Table
from workflows.cohorts.matching import LOW, Match
from workflows.cohorts.periods import begins
from workflows.ehr_facts import PatientFact, PhoneFact

KEPT_FOR = timedelta(days=7)
_ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"
)  # the same file from two people at once is one upload


@dataclass(frozen=True, slots=True)
class Asked:
    """A file to take: `source` names where such files come from ("billing"), `region` is for numbers without a country."""

    raw: bytes = field(repr=False)
    source: str
    title: str
    by: str
    headers: Mapping[str, str] | None = None
    region: str = "US"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: the cohort, counts by what happened, the rejected rows as CSV; `again` when the file was known."""

    cohort_id: UUID
    counts: Mapping[str, int]
    rejected_csv: str = field(repr=False)
    again: bool = False
    rejected: Sequence[tuple[int, str]] = ()  # (line of the file, problem), in order


def from_csv(session: Session, asked: Asked) -> Answer:
    """Make a cohort of a list. Rows that cannot be used are told and left out; the chart's own facts are never changed.

    A row names its patient by mrn or the source's own id. A new mrn with a number makes a patient who is not in the EHR yet.
    A consent counts when all six facts are in the row and the number is the patient's. Raises Refused for the file as a whole.
    """
    digest = hashlib.sha256(asked.raw).digest()
    session.execute(_ALONE, {"key": f"cohort upload {org_of(session)} {asked.source}"})
    known = _uploaded(session, asked.source, digest)
    table = csv_files.read(asked.raw, headers=asked.headers or _headers(session, asked.source))
    if known is not None:
        return Answer(known.cohort_id, known.counts, "", again=True)
    matches, unmatched = matching.match(session, table.rows, source=asked.source, region=asked.region)
    counts: Counter[str] = Counter(rows=len(table.rows) + len(table.rejected))
    rejected = [*table.rejected, *unmatched]
    counts.update(f"rejected.{one.problem}" for one in rejected)
    if not matches:
        raise Refused(f"No row of the file can be used ({_reasons(rejected)}). Nothing was imported.")
    taken = _patients(session, matches, counts)
    cohort_id = _list(session, asked, digest, taken)
    counts |= {"members": len(taken), "low_confidence": sum(one.confidence == LOW for one, _ in taken)}
    counts["consents"] = _consents(session, taken, by=asked.by)
    _remember(session, asked, table, digest, cohort_id=cohort_id, counts=counts)
    lines = sorted((one.row.number, one.problem) for one in rejected)
    return Answer(cohort_id, dict(counts), csv_files.write(table.columns, rejected), rejected=lines)


def drop_raw(session: Session) -> int:
    """Forget the files whose time is over; what came of them stays. How many."""
    over = update(CohortUpload).where(
        CohortUpload.org_id == org_of(session), CohortUpload.raw.is_not(None), CohortUpload.drop_at <= now(session)
    )
    return len(session.execute(over.values(raw=None).returning(CohortUpload.id)).all())


def _patients(session: Session, matches: Sequence[Match], counts: Counter[str]) -> list[tuple[Match, UUID]]:
    """The patient of each match; those new to us are made, with what the row says of them."""
    taken: list[tuple[Match, UUID]] = []
    for one in matches:
        if one.patient_id is not None:
            taken.append((one, one.patient_id))
            continue
        row = patients.mirror(session, _new(one, new_id(session)))
        counts["new_patients"] += 1
        taken.append((one, row.id))
    return taken


def _new(one: Match, number: UUID) -> PatientFact:
    """What a list says of somebody the EHR has not told of; its own id there is not known, so ours stands in."""
    values = one.row.values
    return PatientFact(
        ehr_id=f"{patients.LISTED}{number}",
        mrn=values["mrn"],
        family=values.get("family") or None,
        given=values.get("given") or None,
        phones=(PhoneFact(one.phone, "mobile"),) if one.phone else (),
        email=None,
        birth_date=one.born,
        language=values.get("language", "").lower()[:2] or None,
        zip=None,
        state=None,
        active=True,
        deceased=False,
        version=None,
    )


def _list(session: Session, asked: Asked, digest: bytes, taken: Sequence[tuple[Match, UUID]]) -> UUID:
    code = f"{asked.source}_{digest.hex()[:8]}"
    row = Cohort(
        org_id=org_of(session), id=new_id(session), code=code, title=asked.title, kind="csv", made_at=now(session),
        made_by=asked.by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    put_entries(session, row.id, [(patient, one.confidence, one.row.number) for one, patient in taken])
    audit.record(session, "cohort.uploaded", actor=asked.by, subject=("cohort", code), count=len(taken))
    return row.id


def put_entries(session: Session, cohort_id: UUID, entries: Sequence[tuple[UUID, str, int | None]]) -> None:
    """Make these (patient, confidence, row) the list, instead of whoever was on it."""
    session.execute(
        delete(CohortEntry).where(CohortEntry.org_id == org_of(session), CohortEntry.cohort_id == cohort_id)
    )
    rows = [
        {
            "org_id": org_of(session),
            "cohort_id": cohort_id,
            "patient_id": patient,
            "match_confidence": sure,
            "row_no": no,
        }
        for patient, sure, no in entries
    ]
    if rows:
        session.execute(insert(CohortEntry), rows)


def _consents(session: Session, taken: Sequence[tuple[Match, UUID]], *, by: str) -> int:
    """A consent needs all six facts (T7), and the number must be one the patient's chart holds; nothing less is written down."""
    given = [
        (one, patient) for one, patient in taken if one.phone and all(one.row.values.get(name) for name in CONSENT)
    ]
    held = matching.numbers_of(session, {patient for _, patient in given})
    keys, count = vault(session), 0
    for one, patient in given:
        values, at = one.row.values, _instant(one.row.values["consent_at"])
        own = held[patient] & set(keys.lookups("phone", str(one.phone)))
        spoken = values["consent_how"].lower() in consent.SPOKEN and values["consent_scope"].lower().startswith(
            "marketing"
        )
        if at is None or at > now(session) or one.confidence == LOW or not own or spoken:
            continue
        consent.record(
            session, numbers.add(session, str(one.phone)), who=values["consent_who"], given_at=at, how=values["consent_how"],
            wording=values["consent_wording"], scope=values["consent_scope"], by=by,
        )  # fmt: skip
        count += 1
    return count


def _instant(said: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        day = matching.born_on(said)
        return begins(day, "UTC") if day else None
    return read if read.tzinfo else begins(read.date(), "UTC")


def _remember(
    session: Session, asked: Asked, table: Table, digest: bytes, *, cohort_id: UUID, counts: Mapping[str, int]
) -> None:
    row = new_ids(session, 1)[0]
    sealed = vault(session).seal(base64.b64encode(asked.raw).decode(), "cohort_uploads.raw", row)
    session.add(
        CohortUpload(
            org_id=org_of(session), id=row, cohort_id=cohort_id, source=asked.source, sha256=digest, uploaded_at=now(session),
            uploaded_by=asked.by, counts=dict(counts), raw=sealed, drop_at=now(session) + KEPT_FOR,
        )
    )  # fmt: skip
    kept = insert(CohortSource).values(org_id=org_of(session), source=asked.source, headers=dict(table.headers))
    session.execute(
        kept.on_conflict_do_update(index_elements=["org_id", "source"], set_={"headers": dict(table.headers)})
    )
    session.flush()


def _uploaded(session: Session, source: str, digest: bytes) -> CohortUpload | None:
    found = select(CohortUpload).where(
        CohortUpload.org_id == org_of(session), CohortUpload.source == source, CohortUpload.sha256 == digest
    )
    return session.scalar(found)


def _headers(session: Session, source: str) -> dict[str, Any] | None:
    return session.scalar(
        select(CohortSource.headers).where(CohortSource.org_id == org_of(session), CohortSource.source == source)
    )


def _reasons(rejected: Sequence[Rejected]) -> str:
    return (
        ", ".join(f"{problem} {count}" for problem, count in sorted(Counter(r.problem for r in rejected).items()))
        or "no rows"
    )
