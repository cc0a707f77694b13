"""A small wholly synthetic chart in FHIR R4, the same every time: what `import fhir` reads and cohorts are asked about."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

Resource = dict[str, Any]
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # the day that the larger set beside the project calls today
ICD10, SNOMED, LOINC = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct", "http://loinc.org"

VISITS = ("185349003", "270427003")


def chart(patients: int = 60, *, seed: int = 7) -> dict[str, list[Resource]]:
    """Resources by type: ages, states, diagnoses, results and visits on both sides of every edge, and some dirt."""
    dice = Random(seed)
    found: dict[str, list[Resource]] = {kind: [] for kind in ("Patient", "Condition", "Observation", "Encounter")}
    found |= {"Procedure": [], "Appointment": []}
    for number in range(patients):
        patient = _patient(number, dice)
        found["Patient"].append(patient)
        for record in _records(patient["id"], number, dice):
            found[record["resourceType"]].append(record)
    return found


def write(folder: Path, resources: dict[str, list[Resource]]) -> Path:
    """As NDJSON files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, rows in resources.items():
        folder.joinpath(f"{kind}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def _patient(number: int, dice: Random) -> Resource:
    born = date(2026 - dice.choice((5, 17, 18, 30, 49, 50, 51, 60, 74, 75, 76, 90)), 11, dice.choice((1, 22, 23, 30)))
    phones = ["(312) 555-01{:02d}", "312.555.01{:02d}", "junk {:02d}", ""]
    number_said = dice.choice(phones).format(number % 100)
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "system": "urn:mrn", "value": f"M{1000 + number}"}],
        "active": dice.random() > 0.08,
        **({"deceasedBoolean": True} if dice.random() < 0.05 else {}),
        "name": [{"use": "official", "family": f"Family{number}", "given": ["Given"]}],
        "gender": dice.choice(("female", "male")),
        "birthDate": born.isoformat(),
        "telecom": [{"system": "phone", "value": number_said, "use": "mobile"}] if number_said else [],
        "communication": [{"language": {"coding": [{"code": dice.choice(("en", "es"))}]}, "preferred": True}],
    }


def _records(patient: str, number: int, dice: Random) -> list[Resource]:
    subject = {"reference": f"Patient/{patient}"}
    found: list[Resource] = []

    def add(kind: str, **elements: Any) -> None:
        found.append(
            {"resourceType": kind, "id": f"{kind[:3].lower()}-{number}-{len(found)}", "subject": subject} | elements
        )

    def ago(*days: int) -> datetime:
        return NOW - timedelta(days=dice.choice(days), hours=dice.choice((0, 5)))

    if dice.random() < 0.5:
        add("Condition", clinicalStatus=_concept("x", dice.choice(("active", "active", "resolved"))),
            verificationStatus=_concept("x", dice.choice(("confirmed", "confirmed", "entered-in-error"))),
            code=_concept(ICD10, dice.choice(("E11.9", "E11.65", "E10.9", "I10", "E66.9"))), onsetDateTime="2019-03-04")  # fmt: skip
    if dice.random() < 0.6:
        add("Observation", status=dice.choice(("final", "final", "entered-in-error")), code=_concept(LOINC, "4548-4"),
            effectiveDateTime=_told(ago(20, 183, 184, 185, 186, 400)), valueQuantity={"value": 8.1, "code": "%"})  # fmt: skip
    if dice.random() < 0.5:
        add("Procedure", status=dice.choice(("completed", "completed", "not-done")), code=_concept(SNOMED, "24623002"),
            performedDateTime=_told(ago(100, 820, 822, 823, 824, 1000)))  # fmt: skip
    for _ in range(dice.choice((0, 1, 3))):
        start = ago(30, 333, 334, 335, 336, 500, 800, 1500)
        kind = {"class": {"code": dice.choice(("AMB", "AMB", "IMP"))}, "type": [_concept(SNOMED, dice.choice(VISITS))]}
        period = {"start": _told(start), "end": _told(start + timedelta(hours=1))}
        add("Encounter", status=dice.choice(("finished", "finished", "cancelled")), period=period, **kind)
    if dice.random() < 0.5:
        start = NOW + timedelta(days=dice.choice((-100, -40, -3, 10, 60, 61, 90, 91)))
        add("Appointment", status=dice.choice(("booked", "noshow", "cancelled", "fulfilled")), start=_told(start),
            end=_told(start + timedelta(minutes=30)), serviceType=[{"text": dice.choice(("Office visit", "Mammogram"))}],
            participant=[{"actor": subject, "status": "accepted"}])  # fmt: skip
        del found[-1]["subject"]
    return found


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _told(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
