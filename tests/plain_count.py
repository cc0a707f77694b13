"""The counts of three cohorts, written again as a person would with the NDJSON files on the table: no SQL, none of our code."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Resource = dict[str, Any]


class Table:
    """The files of a folder, and what day it is there."""

    def __init__(self, folder: Path, now: datetime, zone: str) -> None:
        self.folder, self.now, self.zone = folder, now, ZoneInfo(zone)
        self.today = now.astimezone(self.zone).date()

    def rows(self, kind: str) -> Iterator[Resource]:
        with self.folder.joinpath(f"{kind}.ndjson").open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)

    def living(self) -> dict[str, Resource]:
        return {
            p["id"]: p
            for p in self.rows("Patient")
            if p.get("active", True) and not p.get("deceasedBoolean") and "deceasedDateTime" not in p
        }

    def age(self, patient: Resource) -> int:
        born = date.fromisoformat(patient["birthDate"])
        return self.today.year - born.year - ((self.today.month, self.today.day) < (born.month, born.day))

    def day(self, text: str) -> date:
        return datetime.fromisoformat(text).astimezone(self.zone).date() if "T" in text else date.fromisoformat(text)

    def is_past(self, text: str) -> bool:
        return datetime.fromisoformat(text) <= self.now

    def inpatients(self) -> set[str]:
        return {
            who(e)
            for e in self.rows("Encounter")
            if e["class"]["code"] in ("IMP", "ACUTE", "NONAC", "OBSENC") and e["status"] in ("in-progress", "arrived", "onleave")
        }  # fmt: skip

    def in_hospice(self) -> set[str]:
        """Whose last stay ended with the move to a hospice."""
        ended: dict[str, tuple[str, bool]] = {}
        for e in self.rows("Encounter"):
            if e["status"] == "finished" and e["class"]["code"] in ("IMP", "ACUTE", "NONAC", "OBSENC", "EMER", "SS"):
                codes = {
                    c["code"] for c in e.get("hospitalization", {}).get("dischargeDisposition", {}).get("coding", [])
                }
                ended[who(e)] = max(ended.get(who(e), ("", False)), (e["period"]["end"], bool(codes & {"hosp"})))
        return {patient for patient, (_, hospice) in ended.items() if hospice}

    def booked(self, until: date, *, kinds: tuple[str, ...] = (), states: tuple[str, ...]) -> set[str]:
        return {
            visitor(a)
            for a in self.rows("Appointment")
            if a["status"] in states
            and (not kinds or a["serviceType"][0]["text"].lower() in kinds)
            and not self.is_past(a["start"])
            and self.day(a["start"]) <= until
        }


def diabetes_a1c(table: Table, *, six_months_ago: date, in_sixty_days: date) -> dict[str, int]:
    """By hand: adults to 75, diabetes active, no A1c since, nothing booked, at home."""
    people = {i for i, p in table.living().items() if 18 <= table.age(p) <= 75}
    diabetic = {
        who(c)
        for c in table.rows("Condition")
        if c["clinicalStatus"]["coding"][0]["code"] == "active"
        and c["verificationStatus"]["coding"][0]["code"] not in ("entered-in-error", "refuted")
        and any(
            k["code"][:3] in ("E10", "E11", "E13") for k in c["code"]["coding"] if k["system"].endswith("icd-10-cm")
        )
    }
    measured = {
        who(o)
        for o in table.rows("Observation")
        if o["status"] not in ("entered-in-error", "cancelled")
        and any(k["code"] == "4548-4" for k in o["code"]["coding"])
        and table.day(o["effectiveDateTime"]) >= six_months_ago
        and table.is_past(o["effectiveDateTime"])
    }
    booked = table.booked(in_sixty_days, states=("booked", "pending", "arrived", "checked-in"))
    away = table.in_hospice() | table.inpatients()
    found = people & diabetic
    return {
        "considered": sum(1 for _ in table.rows("Patient")),
        "base": len(people),
        "diabetes": len(found),
        "a1c_recent": len(found - measured),
        "visit_booked": len(found - measured - booked),
        "in": len(found - measured - booked - away),
    }


def mammography(table: Table, *, months_ago_27: date, in_ninety_days: date) -> dict[str, int]:
    """By hand: women of 50 to 74 without a mammogram lately or booked, at home."""
    people = {i for i, p in table.living().items() if p["gender"] == "female" and 50 <= table.age(p) <= 74}
    done = {
        who(p)
        for p in table.rows("Procedure")
        if p["status"] == "completed" and any(k["code"] == "24623002" for k in p["code"].get("coding", []))
        and table.day(p["performedDateTime"]) >= months_ago_27
    }  # fmt: skip
    kinds = ("mammogram", "mammography", "screening mammogram")
    booked = table.booked(in_ninety_days, kinds=kinds, states=("booked", "pending", "arrived", "checked-in"))
    away = table.in_hospice() | table.inpatients()
    return {
        "base": len(people),
        "mammogram_recent": len(people - done),
        "mammogram_booked": len(people - done - booked),
        "in": len(people - done - booked - away),
    }


def wellness(table: Table, *, eleven_months_ago: date, three_years_ago: date, in_sixty_days: date) -> int:
    """By hand: adults seen in three years, no check-up in eleven months, nothing booked, at home."""
    people = {i for i, p in table.living().items() if table.age(p) >= 18}
    known, checked = set(), set()
    for e in table.rows("Encounter"):
        day = table.day(e["period"]["start"])
        if e["status"] == "finished" and e["class"]["code"] == "AMB" and day >= three_years_ago:
            known.add(who(e))
        codes = {k["code"] for t in e.get("type", []) for k in t["coding"]}
        if e["status"] in ("finished", "in-progress") and "185349003" in codes and day >= eleven_months_ago:
            checked.add(who(e))
    booked = table.booked(in_sixty_days, states=("booked", "pending", "arrived", "checked-in"))
    return len((people & known) - checked - booked - table.in_hospice() - table.inpatients())


def who(resource: Resource) -> str:
    """Whose record it is."""
    return str(resource["subject"]["reference"]).removeprefix("Patient/")


def visitor(appointment: Resource) -> str:
    """Whose visit it is."""
    actors = [str(one["actor"]["reference"]) for one in appointment["participant"]]
    return next(actor.removeprefix("Patient/") for actor in actors if actor.startswith("Patient/"))
