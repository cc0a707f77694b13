"""What the synthetic patients' charts hold from before the story: diagnoses, results, screenings, check-ups and a stay long over."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Resource = dict[str, Any]
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
DIABETES, HYPERTENSION = (ICD10, "E11.9"), (ICD10, "I10")
A1C, MAMMOGRAM, CHECK_UP, ADMISSION = (
    (LOINC, "4548-4"),
    (SNOMED, "24623002"),
    (SNOMED, "185349003"),
    (SNOMED, "32485007"),
)

# By role: (what, code, days before the start, value). Only what makes somebody belong to a cohort, or keeps somebody out of one.
HISTORY: dict[str, tuple[tuple[str, tuple[str, str], int, float | None], ...]] = {
    "story": (("visit", CHECK_UP, 420, None),),
    "stop": (("condition", DIABETES, 2400, None), ("result", A1C, 260, 8.4), ("visit", CHECK_UP, 500, None)),
    "chest_pain": (("condition", HYPERTENSION, 3000, None), ("visit", CHECK_UP, 90, None)),
    "close": (("condition", DIABETES, 1500, None), ("result", A1C, 40, 6.9), ("procedure", MAMMOGRAM, 900, None)),
    "spanish": (("condition", DIABETES, 800, None), ("result", A1C, 240, 9.1), ("visit", CHECK_UP, 380, None)),
    "shared_one": (("condition", DIABETES, 4000, None), ("result", A1C, 210, 7.7), ("stay", ADMISSION, 70, None)),
    "shared_two": (("procedure", MAMMOGRAM, 300, None), ("visit", CHECK_UP, 200, None)),
    "attends": (("procedure", MAMMOGRAM, 1100, None), ("visit", CHECK_UP, 360, None)),
    "spanish_two": (("condition", DIABETES, 1900, None), ("visit", CHECK_UP, 700, None)),
}


def histories(start: date, patient_ids: dict[str, str]) -> dict[str, list[Resource]]:
    """Resources by type, each dated back from the start day; `patient_ids` by role."""
    found: dict[str, list[Resource]] = {"Condition": [], "Observation": [], "Procedure": [], "Encounter": []}
    for role, records in HISTORY.items():
        for record in _records(start, patient_ids[role], records):
            found[record["resourceType"]].append(record)
    return found


def _records(
    start: date, patient: str, records: tuple[tuple[str, tuple[str, str], int, float | None], ...]
) -> Iterator[Resource]:
    for number, (what, coded, days, value) in enumerate(records):
        at = datetime.combine(start - timedelta(days=days), time(16), UTC)
        usual = {"id": f"{patient.replace('pat-', 'hist-')}-{number}", "subject": {"reference": f"Patient/{patient}"}}
        if what == "condition":
            yield {
                "resourceType": "Condition",
                **usual,
                "code": _concept(*coded),
                **_confirmed(),
                "onsetDateTime": at.date().isoformat(),
            }
        elif what == "result":
            quantity = {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
            yield {
                "resourceType": "Observation", **usual, "status": "final", "code": _concept(*coded),
                "effectiveDateTime": _instant(at), "valueQuantity": quantity,
            }  # fmt: skip
        elif what == "procedure":
            yield {
                "resourceType": "Procedure", **usual, "status": "completed", "code": _concept(*coded),
                "performedDateTime": _instant(at),
            }  # fmt: skip
        else:
            yield {"resourceType": "Encounter", **usual, **_encounter(at, coded, stay=what == "stay")}


def _encounter(at: datetime, coded: tuple[str, str], *, stay: bool) -> Resource:
    length = timedelta(days=3) if stay else timedelta(minutes=30)
    visit: Resource = {
        "status": "finished",
        "class": {"system": ACT, "code": "IMP" if stay else "AMB"},
        "type": [_concept(*coded)],
        "period": {"start": _instant(at), "end": _instant(at + length)},
    }
    return visit | ({"hospitalization": {"dischargeDisposition": _concept(DISPOSITION, "home")}} if stay else {})


def _confirmed() -> Resource:
    terms = "http://terminology.hl7.org/CodeSystem/condition-"
    return {
        "clinicalStatus": _concept(f"{terms}clinical", "active"),
        "verificationStatus": _concept(f"{terms}ver-status", "confirmed"),
    }


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
