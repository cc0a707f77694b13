"""`import fhir PATH`: NDJSON of FHIR resources into the mirror. Twice is the same as once; what cannot be read is told by line."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import Permanent
from integrations.ehr import clinical as charted
from integrations.ehr import mapping
from integrations.ehr.references import Resource
from storage import feeds
from storage.db import Database
from workflows import appointments, clinical, discharges, patients
from workflows.ehr_facts import AppointmentFact, ClinicalFact
from workflows.surroundings import organisation_of

T = TypeVar("T")
AT_ONCE = 500
SUFFIXES = (".ndjson", ".jsonl", ".json")
FED = ("Patient", "Appointment", "Slot", *charted.KINDS)
ELSEWHERE = ("Location", "Schedule", "Practitioner")  # read for what slots say of them, or not needed


@dataclass(frozen=True, slots=True)
class Line:
    """Where a resource stands."""

    file: str
    number: int
    resource: Resource


@dataclass
class Report:
    """What came of it: resources read by type, rows written, rows left out with the reason and never their content."""

    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    feeds: set[str] = field(default_factory=set)

    def lines(self) -> list[dict[str, Any]]:
        """One object a type, then one with the number of errors."""
        kinds = sorted({*self.read, *self.written})
        told = [{"type": kind, "read": self.read[kind], "written": self.written[kind]} for kind in kinds]
        return [*told, {"errors": len(self.errors)}]


def run(db: Database | None, org: UUID | None, path: Path, *, start_programs: bool = False) -> Report:
    """Read a file or folder into an organisation's mirror; without a database only read and map it (the dry run).

    What is new starts no program unless `start_programs`; what changed since the last import stops those it must stop.
    """
    report = Report()
    by_kind = _sorted(path, report)
    if db is None or org is None:
        _map_only(by_kind, report)
        return report
    with db.begin(org=org) as session:
        zone = ZoneInfo(organisation_of(session).zone)
    importer = _Importer(db, org, report, zone, start_programs)
    importer.patients(by_kind["Patient"])
    importer.clinical([line for kind in charted.KINDS for line in by_kind[kind]])
    importer.visits(by_kind["Appointment"])
    importer.slots(by_kind["Slot"], by_kind["Schedule"], by_kind["Practitioner"])
    with db.begin(org=org) as session:
        for kind in sorted(report.feeds & set(FED)):
            feeds.seen(session, kind, [])
    return report


@dataclass
class _Importer:
    db: Database
    org: UUID
    report: Report
    zone: ZoneInfo
    start_programs: bool

    def patients(self, lines: Sequence[Line]) -> None:
        for some in _batches(_mapped(lines, mapping.patient_fact, self.report)):
            with self.db.begin(org=self.org) as session:
                patients.mirror_all(session, [fact for _, fact in some])
            self.report.written["Patient"] += len(some)

    def clinical(self, lines: Sequence[Line]) -> None:
        read = _mapped(lines, lambda resource: charted.clinical_fact(resource, zone=self.zone), self.report)
        for some in _batches(read):
            with self.db.begin(org=self.org) as session:
                changes = clinical.mirror(session, [fact for _, fact in some])
                discharges.notice(
                    session, changes if self.start_programs else [c for c in changes if c.was is not None]
                )
            self._count(some, {(c.fact.resource, c.fact.ehr_id) for c in changes})

    def visits(self, lines: Sequence[Line]) -> None:
        for some in _batches(_mapped(lines, mapping.appointment_fact, self.report)):
            with self.db.begin(org=self.org) as session:
                kept = self._visits(session, [fact for _, fact in some])
            self._count(some, {("Appointment", ehr_id) for ehr_id in kept})

    def slots(self, lines: Sequence[Line], schedules: Sequence[Line], people: Sequence[Line]) -> None:
        whose = dict(pair for _, pair in _mapped(schedules, mapping.schedule_practitioner, self.report))
        names = {str(line.resource.get("id")): mapping.practitioner_name(line.resource) for line in people}
        for some in _batches(_mapped(lines, mapping.slot_fact, self.report)):
            with self.db.begin(org=self.org) as session:
                for _, fact in some:
                    who = whose.get(fact.schedule_ehr_id)
                    appointments.mirror_slot(session, fact, practitioner=who, practitioner_name=names.get(who or ""))
            self.report.written["Slot"] += len(some)

    def _visits(self, session: Session, facts: Sequence[AppointmentFact]) -> set[str]:
        """What is new goes in quietly, all at once; what is known is mirrored as the EHR's own word would be."""
        known = appointments.known(session, [fact.ehr_id for fact in facts])
        loud = [fact for fact in facts if self.start_programs or fact.ehr_id in known]
        kept = {fact.ehr_id for fact in loud if appointments.mirror(session, fact) is not None}
        return kept | appointments.mirror_quietly(session, [fact for fact in facts if fact not in loud])

    def _count(self, some: "Sequence[tuple[Line, ClinicalFact | AppointmentFact]]", kept: set[tuple[str, str]]) -> None:
        for line, fact in some:
            kind = str(line.resource["resourceType"])
            if (kind, fact.ehr_id) in kept:
                self.report.written[kind] += 1
            else:
                self.report.errors.append(
                    f"{line.file}:{line.number}: {kind}: its patient is not known, or a newer version is"
                )


def _sorted(path: Path, report: Report) -> dict[str, list[Line]]:
    files = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES) if path.is_dir() else [path]
    found: dict[str, list[Line]] = defaultdict(list)
    for file in files:
        report.feeds.add(file.stem)  # an empty file says that there is none, which is not the same as no file
        for line in _lines(file, report):
            kind = str(line.resource.get("resourceType"))
            report.read[kind] += 1
            report.feeds.add(kind)
            if kind in FED or kind in ELSEWHERE:
                found[kind].append(line)
    return found


def _lines(file: Path, report: Report) -> Iterator[Line]:
    with file.open("rb") as raw:
        for number, text in enumerate(raw, start=1):
            if not text.strip():
                continue
            try:
                resource = json.loads(text.decode("utf-8-sig"))
            except ValueError:
                report.errors.append(f"{file.name}:{number}: not a line of JSON in UTF-8")
                continue
            if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
                yield Line(file.name, number, resource)
            else:
                report.errors.append(f"{file.name}:{number}: not a FHIR resource")


def _mapped(lines: Sequence[Line], read: Callable[[Resource], T], report: Report) -> Iterator[tuple[Line, T]]:
    for line in lines:
        try:
            yield line, read(line.resource)
        except Permanent as error:
            report.errors.append(f"{line.file}:{line.number}: {error}")


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    some: list[T] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _map_only(by_kind: dict[str, list[Line]], report: Report) -> None:
    zone = ZoneInfo("UTC")
    readers: dict[str, Callable[[Resource], object]] = {
        "Patient": mapping.patient_fact,
        "Appointment": mapping.appointment_fact,
        "Slot": mapping.slot_fact,
    }
    readers |= {kind: lambda resource: charted.clinical_fact(resource, zone=zone) for kind in charted.KINDS}
    for kind, read in readers.items():
        for _ in _mapped(by_kind[kind], read, report):
            pass
