"""FHIR into facts: what charts really hold, odd shapes included."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Permanent
from integrations.ehr.mapping import (
    appointment_fact,
    language_code,
    patient_fact,
    schedule_practitioner,
    slot_fact,
)
from workflows.ehr_facts import AppointmentFact, PhoneFact, SlotFact

MR = {"coding": [{"code": "MR"}]}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"versionId": "7"},
    "identifier": [{"type": {"coding": [{"code": "SS"}]}, "value": "1"}, {"type": MR, "value": "MRN1"}],
    "name": [{"use": "nickname", "given": ["Nita"]}, {"use": "official", "family": "Lopez", "given": ["Ana", "M"]}],
    "telecom": [
        {"system": "phone", "value": "(617) 555-0150", "use": "home", "rank": 1},
        {"system": "phone", "value": "617.555.0151", "use": "mobile", "rank": 2},
        {"system": "email", "value": "ana@example.com"},
    ],
    "birthDate": "1990-03-25",
    "address": [{"use": "home", "postalCode": "02118-1234", "state": "MA"}],
    "communication": [
        {"language": {"coding": [{"code": "en-US"}]}},
        {"language": {"coding": [{"code": "es"}]}, "preferred": True},
    ],
}
APPOINTMENT: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "a1",
    "meta": {"versionId": "2", "lastUpdated": "2026-11-22T10:00:00.5-06:00"},
    "status": "noshow",
    "serviceType": [{"text": "Office visit"}],
    "start": "2026-11-22T14:00:00-06:00",
    "end": "2026-11-22T20:30:00Z",
    "slot": [{"reference": "Slot/s1"}],
    "participant": [
        {"actor": {"reference": "https://ehr.example/fhir/Patient/p1/_history/3"}, "status": "accepted"},
        {"actor": {"reference": "Practitioner/d1"}, "status": "accepted"},
        {"actor": {"reference": "Location/l1"}, "status": "accepted"},
    ],
}
SLOT: dict[str, Any] = {
    "resourceType": "Slot",
    "id": "s1",
    "schedule": {"reference": "Schedule/sch0"},
    "status": "free",
    "start": "2026-11-23T14:00:00Z",
    "end": "2026-11-23T14:30:00Z",
}


def test_a_patient_is_read_with_the_mobile_first() -> None:
    fact = patient_fact(PATIENT)

    assert (fact.ehr_id, fact.mrn, fact.version) == ("p1", "MRN1", "7")
    assert (fact.family, fact.given, fact.birth_date) == ("Lopez", "Ana", date(1990, 3, 25))
    assert fact.phones == (PhoneFact("+16175550151", "mobile", 2), PhoneFact("+16175550150", "home", 1))
    assert (fact.email, fact.zip, fact.state) == ("ana@example.com", "02118", "MA")
    assert (fact.language, fact.active, fact.deceased) == ("es", True, False)


@pytest.mark.req("S78")
@pytest.mark.parametrize("sign", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-01"}])
def test_a_dead_patient_is_known_by_either_sign(sign: dict[str, Any]) -> None:
    assert patient_fact(PATIENT | sign).deceased


def test_a_bare_patient_has_no_facts_but_stands() -> None:
    fact = patient_fact({"resourceType": "Patient", "id": "p1"})

    assert (fact.mrn, fact.phones, fact.language, fact.birth_date, fact.active) == (None, (), None, None, True)


@pytest.mark.parametrize(
    ("telecom", "expected"),
    [
        ({"value": "junk", "use": "mobile"}, (PhoneFact("junk", "mobile", None, e164=False),)),
        ({"value": "617-555-0150 x12"}, (PhoneFact("617-555-0150 x12", None, None, e164=False),)),
        ({"value": "(000) 000-0000"}, (PhoneFact("(000) 000-0000", None, None, e164=False),)),
        ({"value": "+52 55 1234 5678", "rank": "first"}, (PhoneFact("+525512345678", None, None),)),
        ({"value": "6175550150", "use": "old"}, ()),
        ({"value": "6175550150", "period": {"end": "2020-01-01"}}, ()),
        ({"value": "  "}, ()),
        ({"value": 6175550150}, ()),
    ],
)
def test_odd_numbers_are_kept_as_they_are_and_former_ones_left_out(
    telecom: dict[str, Any], expected: tuple[PhoneFact, ...]
) -> None:
    fact = patient_fact(PATIENT | {"telecom": [{"system": "phone"} | telecom]})

    assert fact.phones == expected


def test_the_same_number_twice_is_one_phone_in_its_better_use() -> None:
    twice = [
        {"system": "phone", "value": "6175550150", "use": "home"},
        {"system": "sms", "value": "+1 617 555 0150"},
    ]

    assert patient_fact(PATIENT | {"telecom": twice}).phones == (PhoneFact("+16175550150", "mobile", None),)


def test_a_site_may_name_the_system_of_its_numbers() -> None:
    two = [{"type": MR, "system": "urn:a", "value": "A"}, {"type": MR, "system": "urn:b", "value": "B"}]

    assert patient_fact(PATIENT | {"identifier": two}, mrn_system="urn:b").mrn == "B"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("es", "es"),
        ("spa", "es"),
        ("SPA", "es"),
        ("es-MX", "es"),
        ("es_MX", "es"),
        ("Spanish", "es"),
        ("Spanish; Castilian", "es"),
        ("Español", "es"),
        ("eng", "en"),
        ("zh-Hans", "zh"),
        ("Haitian Creole", "ht"),
        ("Klingon", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_languages_come_in_many_spellings(said: object, code: str | None) -> None:
    assert language_code(said) == code


def test_an_appointment_is_read_in_utc() -> None:
    assert appointment_fact(APPOINTMENT) == AppointmentFact(
        ehr_id="a1",
        patient_ehr_id="p1",
        status="noshow",
        start=datetime(2026, 11, 22, 20, 0, tzinfo=UTC),
        end=datetime(2026, 11, 22, 20, 30, tzinfo=UTC),
        kind="Office visit",
        practitioner_ehr_id="d1",
        location_ehr_id="l1",
        slot_ehr_ids=("s1",),
        version="2",
        updated_at=datetime(2026, 11, 22, 16, 0, 0, 500_000, tzinfo=UTC),
    )


def test_a_proposed_appointment_may_have_no_time() -> None:
    bare = {key: APPOINTMENT[key] for key in ("resourceType", "id", "participant")} | {"status": "proposed"}

    fact = appointment_fact(bare)

    assert (fact.start, fact.end, fact.kind, fact.version) == (None, None, None, None)


@pytest.mark.parametrize(
    ("read", "good", "wrong", "field"),
    [
        (appointment_fact, APPOINTMENT, {"start": "2026-11-22"}, "start"),
        (appointment_fact, APPOINTMENT, {"end": "2026-11-22T10:00:00"}, "end"),
        (appointment_fact, APPOINTMENT, {"status": None}, "status"),
        (appointment_fact, APPOINTMENT, {"participant": []}, "participant"),
        (appointment_fact, APPOINTMENT, {"id": "../x"}, "id"),
        (appointment_fact, APPOINTMENT, {"resourceType": "Slot"}, "resourceType"),
        (slot_fact, SLOT, {"schedule": None}, "schedule"),
        (slot_fact, SLOT, {"start": None}, "start"),
        (slot_fact, SLOT, {"end": "2026-11-23T13:00:00Z"}, "end"),
        (patient_fact, PATIENT, {"id": None}, "id"),
    ],
)
def test_a_bad_required_field_is_named_and_its_value_is_not(
    read: Callable[[dict[str, Any]], object], good: dict[str, Any], wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Permanent, match=field) as raised:
        read(good | wrong)

    assert not any(str(value) in str(raised.value) for value in wrong.values() if value and value != "Slot")


def test_a_slot_takes_its_practitioner_from_the_schedule() -> None:
    schedule = {"resourceType": "Schedule", "id": "sch0", "actor": [{"reference": "Practitioner/d1"}]}
    schedule_id, practitioner = schedule_practitioner(schedule)

    fact = slot_fact(SLOT, practitioner_ehr_id=practitioner)

    start, end = datetime(2026, 11, 23, 14, tzinfo=UTC), datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
    assert fact == SlotFact("s1", schedule_id, "d1", start, end, "free", None)


def test_nothing_private_shows_when_a_patient_is_printed() -> None:
    shown = repr(patient_fact(PATIENT))

    assert not any(private in shown for private in ("Lopez", "Ana", "617", "example", "1990", "02118", "MRN1"))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["coding", "value", "use"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(set(PATIENT) - {"id", "resourceType"})), ANY, max_size=4))
def test_any_shape_in_an_optional_field_leaves_a_patient_readable(odd: dict[str, Any]) -> None:
    assert patient_fact(PATIENT | odd).ehr_id == "p1"


def test_every_record_of_the_sample_population_is_read() -> None:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fhir"
    if not folder.is_dir():
        pytest.skip("the sample population is not beside this checkout")
    counted: Counter[str] = Counter()

    for read, name in ((patient_fact, "Patient"), (appointment_fact, "Appointment"), (slot_fact, "Slot")):
        for line in (folder / f"{name}.ndjson").read_text(encoding="utf-8").splitlines():
            read(json.loads(line))
            counted[name] += 1

    assert counted["Patient"] > 100
    assert counted["Appointment"] > 100
    assert counted["Slot"] > 100
