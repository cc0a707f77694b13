"""The synthetic clinic: the same resources, people and ids for the same start day, every time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.histories import histories
from sandbox.roster import (
    BRANCH,
    DOCTORS,
    ORGANISATION,
    PATIENTS,
    STAFF,
    TEAMS,
    Doctor,
    Organisation,
    Room,
    Sketch,
    StaffMember,
    Team,
)

Resource = dict[str, Any]
WEEKS = 5
SLOT = timedelta(minutes=30)
OPENS, CLOSES = time(9), time(17)
MRN_SYSTEM = "https://lakeside.example/mrn"
IDS = "https://lakeside.example/ids"
LANGUAGES = {"en": "English", "es": "Spanish"}
WORDING = {
    "en": (
        "I agree that Lakeside Clinic may text me about my visits and care at this number, up to 3 texts a week. Message "
        "and data rates may apply. Reply STOP to end. I need not agree to be treated."
    ),
    "es": (
        "Acepto que Lakeside Clinic me envíe mensajes sobre mis citas y mi atención a este número, hasta 3 por semana. "
        "Pueden aplicar tarifas. Respondo STOP para terminar. Mi atención no depende de esto."
    ),
}


@dataclass(frozen=True)
class Person:
    """A patient by the part played in the story. `number` is E.164 or ""; the visit is the Thursday one, start in UTC."""

    role: str
    patient: str
    name: str
    number: str
    language: str
    appointment: str
    slot: str
    start: datetime


@dataclass(frozen=True)
class Phone:
    """A handset for the local carrier; `kind` is mobile or landline."""

    number: str
    name: str
    kind: str


@dataclass(frozen=True)
class ConsentGiven:
    """A consent to import: who agreed, when (UTC), how, to which wording, for what scope, for which number."""

    patient: str
    who: str
    given_at: datetime
    how: str
    wording: str
    scope: str
    number: str


@dataclass(frozen=True)
class Clinic:
    """Everything a demo or a test needs to know. `visit_day` is the Thursday on which all the visits of `people` are."""

    start: date
    visit_day: date
    organisation: Organisation
    resources: dict[str, list[Resource]]
    people: dict[str, Person]
    phones: tuple[Phone, ...]
    consents: tuple[ConsentGiven, ...]
    staff: tuple[StaffMember, ...]
    teams: tuple[Team, ...]
    channels: tuple[Room, ...]


def clinic(start: date) -> Clinic:
    """Build the clinic as of the morning of `start`: five weeks of schedules from a week earlier, visits done and to come."""
    day = visit_day(start)
    people = {sketch.role: _person(sketch, day) for sketch in PATIENTS}
    past = [_past_visit(sketch, place, start) for place, sketch in enumerate(PATIENTS)]
    coming = [_visit(sketch, people[sketch.role].start, status="booked") for sketch in PATIENTS]
    busy = {link["reference"].removeprefix("Slot/") for visit in past + coming for link in visit["slot"]}
    resources = {
        "Location": [_location("loc-lakeside", ORGANISATION.site, "Chicago", ORGANISATION.zip), _location(*BRANCH)],
        "Practitioner": [_practitioner(doctor) for doctor in DOCTORS],
        "Schedule": [_schedule(doctor, start) for doctor in DOCTORS],
        "Patient": [_patient(sketch, place) for place, sketch in enumerate(PATIENTS)],
        "Slot": list(_slots(start, busy)),
        "Appointment": past + coming,
        "Encounter": [_encounter(visit) for visit in past],
    }
    for kind, records in histories(start, {sketch.role: _patient_id(sketch) for sketch in PATIENTS}).items():
        resources[kind] = resources.get(kind, []) + records
    return Clinic(
        start=start,
        visit_day=day,
        organisation=ORGANISATION,
        resources=resources,
        people=people,
        phones=_phones(),
        consents=tuple(_consent(sketch, place, start) for place, sketch in enumerate(PATIENTS) if _textable(sketch)),
        staff=STAFF,
        teams=TEAMS,
        channels=tuple(_room(team) for team in TEAMS),
    )


def visit_day(start: date) -> date:
    """The first Thursday three days or more after the start."""
    earliest = start + timedelta(days=3)
    return earliest + timedelta(days=(3 - earliest.weekday()) % 7)


def _person(sketch: Sketch, day: date) -> Person:
    begins = _local(day, time.fromisoformat(sketch.visit))
    return Person(
        role=sketch.role,
        patient=_patient_id(sketch),
        name=f"{sketch.given} {sketch.family}",
        number=sketch.phone,
        language=sketch.language,
        appointment=_visit_id(sketch, begins),
        slot=_slot_id(sketch.doctor, begins),
        start=begins,
    )


def _patient(sketch: Sketch, place: int) -> Resource:
    mail = {"system": "email", "value": f"{sketch.role.replace('_', '.')}@example.com", "use": "home"}
    telecom = [{"system": "phone", "value": _as_printed(sketch.phone), "use": sketch.use}] if sketch.phone else []
    tongue = {"coding": [{"system": "urn:ietf:bcp:47", "code": sketch.language}], "text": LANGUAGES[sketch.language]}
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
    return {
        "resourceType": "Patient",
        "id": _patient_id(sketch),
        "identifier": [{"use": "usual", "type": kind, "system": MRN_SYSTEM, "value": f"MRN{10_001 + place}"}],
        "active": True,
        "name": [{"use": "official", "family": sketch.family, "given": [sketch.given]}],
        "telecom": [*telecom, mail],
        "gender": sketch.gender,
        "birthDate": sketch.born,
        "deceasedBoolean": False,
        "address": [
            {
                "use": "home",
                "line": [f"{100 + 7 * place} Sample Street"],
                "city": "Chicago",
                "state": "IL",
                "postalCode": ORGANISATION.zip,
                "country": "US",
            }
        ],
        "communication": [{"language": tongue, "preferred": True}],
    }


def _practitioner(doctor: Doctor) -> Resource:
    name = {"use": "official", "family": doctor.family, "given": [doctor.given], "prefix": ["Dr."]}
    return {"resourceType": "Practitioner", "id": doctor.id, "active": True, "name": [name]}


def _location(id_: str, name: str, city: str, zip_code: str) -> Resource:
    return {
        "resourceType": "Location",
        "id": id_,
        "status": "active",
        "name": name,
        "telecom": [{"system": "phone", "value": ORGANISATION.phone, "use": "work"}],
        "address": {"city": city, "state": "IL", "postalCode": zip_code, "country": "US"},
    }


def _schedule(doctor: Doctor, start: date) -> Resource:
    first = _local(start - timedelta(weeks=1), OPENS)
    last = _local(start + timedelta(weeks=WEEKS - 1), OPENS)
    return {
        "resourceType": "Schedule",
        "id": doctor.id.replace("prac-", "sched-"),
        "active": True,
        "actor": _staffing(doctor),
        "planningHorizon": {"start": _instant(first), "end": _instant(last)},
    }


def _slots(start: date, busy: set[str]) -> Iterator[Resource]:
    """Half hours of the working days; a third is taken by people who are not in the story."""
    for doctor_no, doctor in enumerate(DOCTORS):
        for day in _working_days(start - timedelta(weeks=1), WEEKS * 7):
            for number, begins in enumerate(_half_hours(day)):
                id_ = _slot_id(doctor_no, begins)
                taken = id_ in busy or (doctor_no + day.toordinal() + number) % 3 == 0
                yield {
                    "resourceType": "Slot",
                    "id": id_,
                    "schedule": {"reference": f"Schedule/{doctor.id.replace('prac-', 'sched-')}"},
                    "status": "busy" if taken else "free",
                    "start": _instant(begins),
                    "end": _instant(begins + SLOT),
                }


def _visit(sketch: Sketch, begins: datetime, *, status: str) -> Resource:
    doctor = DOCTORS[sketch.doctor]
    person = {"reference": f"Patient/{_patient_id(sketch)}", "display": f"{sketch.given} {sketch.family}"}
    comes = "needs-action" if status == "booked" else "accepted"  # a booked visit waits for the patient's word
    id_ = _visit_id(sketch, begins)
    return {
        "resourceType": "Appointment",
        "id": id_,
        "identifier": [{"system": f"{IDS}/appointment", "value": id_}],
        "status": status,
        "serviceType": [{"text": sketch.service}],
        "start": _instant(begins),
        "end": _instant(begins + SLOT),
        "minutesDuration": 30,
        "created": _instant(begins - timedelta(days=21)),
        "slot": [{"reference": f"Slot/{_slot_id(sketch.doctor, begins)}"}],
        "participant": [
            {"actor": person, "status": comes},
            *({"actor": actor, "status": "accepted"} for actor in _staffing(doctor)),
        ],
    }


def _past_visit(sketch: Sketch, place: int, start: date) -> Resource:
    """A visit that took place in the week before the start, each patient at a time of their own."""
    days = list(_working_days(start - timedelta(weeks=1), 7))
    day = days[place % len(days)]
    half_hours = list(_half_hours(day))
    return _visit(sketch, half_hours[place % len(half_hours)], status="fulfilled")


def _encounter(visit: Resource) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": visit["id"].replace("appt-", "enc-"),
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": visit["participant"][0]["actor"]["reference"]},
        "appointment": [{"reference": f"Appointment/{visit['id']}"}],
        "period": {"start": visit["start"], "end": visit["end"]},
    }


def _consent(sketch: Sketch, place: int, start: date) -> ConsentGiven:
    how = "signed on the check-in form" if place % 2 else "agreed on the patient portal"
    return ConsentGiven(
        patient=_patient_id(sketch),
        who=f"{sketch.given} {sketch.family}",
        given_at=_local(start - timedelta(days=30 + place), time(10, 15)),
        how=how,
        wording=WORDING[sketch.language],
        scope="care texts",
        number=sketch.phone,
    )


def _phones() -> tuple[Phone, ...]:
    owners: dict[str, list[Sketch]] = {}
    for sketch in PATIENTS:
        if sketch.phone:
            owners.setdefault(sketch.phone, []).append(sketch)
    patients = tuple(
        Phone(
            number,
            " and ".join([*(one.given for one in people[:-1]), f"{people[-1].given} {people[-1].family}"]),
            "landline" if people[0].use == "home" else "mobile",
        )
        for number, people in owners.items()
    )
    return patients + tuple(Phone(one.phone, f"{one.name} (staff)", "mobile") for one in STAFF if one.phone)


def _room(team: Team) -> Room:
    members = tuple(person.id for person in STAFF if team.code in person.teams)
    return Room(team.channel, team.code.replace("_", "-"), private=True, members=members)


def _textable(sketch: Sketch) -> bool:
    return sketch.consent and bool(sketch.phone) and sketch.use == "mobile"


def _staffing(doctor: Doctor) -> list[dict[str, str]]:
    return [
        {"reference": f"Practitioner/{doctor.id}", "display": f"Dr. {doctor.given} {doctor.family}"},
        {"reference": "Location/loc-lakeside", "display": ORGANISATION.site},
    ]


def _working_days(first: date, count: int) -> Iterator[date]:
    for offset in range(count):
        day = first + timedelta(days=offset)
        if day.weekday() < 5:
            yield day


def _half_hours(day: date) -> Iterator[datetime]:
    begins, closes = _local(day, OPENS), _local(day, CLOSES)
    while begins < closes:
        yield begins
        begins += SLOT


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(ORGANISATION.zone)).astimezone(UTC)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _patient_id(sketch: Sketch) -> str:
    return f"pat-{sketch.role.replace('_', '-')}"


def _slot_id(doctor: int, begins: datetime) -> str:
    name = DOCTORS[doctor].id.removeprefix("prac-")
    return f"slot-{name}-{begins:%Y%m%dT%H%MZ}"


def _visit_id(sketch: Sketch, begins: datetime) -> str:
    return f"appt-{sketch.role.replace('_', '-')}-{begins:%Y%m%dT%H%MZ}"


def _as_printed(number: str) -> str:
    """The way a front desk types it: (312) 555-0111."""
    return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
