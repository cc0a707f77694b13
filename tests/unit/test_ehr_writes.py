"""The records we write: whole, versioned, and compared with what was kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import Conflict, Permanent
from integrations.ehr.writes import (
    BookingFacts,
    TaskFacts,
    accepted,
    appointment,
    booking_bundle,
    patient_status,
    read_back_differs,
    task,
)

AT = datetime(2026, 11, 22, 14, 10, tzinfo=UTC)
SLOT: dict[str, Any] = {
    "resourceType": "Slot",
    "id": "s1",
    "meta": {"versionId": "5"},
    "schedule": {"reference": "Schedule/sch0"},
    "status": "free",
    "start": "2026-11-24T18:00:00Z",
    "end": "2026-11-24T18:30:00Z",
    "comment": "kept",
}
OLD: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "a0",
    "meta": {"versionId": "2"},
    "status": "booked",
    "serviceType": [{"coding": [{"code": "124"}], "text": "Office visit"}],
    "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
}
TASK = TaskFacts(
    identifier=("urn:careloop:task", "enr_1"),
    patient_ehr_id="p1",
    focus_appointment="a0",
    status="requested",
    code="no-show follow-up",
    owner_display=None,
    business_status=None,
    outcome=None,
    priority="routine",
    authored_on=AT,
    last_modified=AT - timedelta(hours=1),
)
BOOKING = BookingFacts(
    identifier=("urn:careloop:booking", "cas_1"),
    patient_ehr_id="p1",
    practitioner_ehr_id="d1",
    location_ehr_id=None,
    kind="Visit",
    slots=(SLOT,),
    created_at=AT,
)


def test_a_task_names_patient_focus_and_our_key_and_no_owner_yet() -> None:
    assert task(TASK) == {
        "resourceType": "Task",
        "identifier": [{"system": "urn:careloop:task", "value": "enr_1"}],
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": {"text": "no-show follow-up"},
        "for": {"reference": "Patient/p1"},
        "focus": {"reference": "Appointment/a0"},
        "authoredOn": "2026-11-22T14:10:00Z",
        "lastModified": "2026-11-22T14:10:00Z",
    }


@pytest.mark.req("S56")
def test_a_claim_and_an_outcome_go_over_the_task_that_was_read_and_keep_what_others_added() -> None:
    read = task(TASK) | {"id": "t1", "meta": {"versionId": "1"}, "note": [{"text": "by the clinic"}]}
    done = replace(TASK, status="completed", owner_display="Dana R.", business_status="booked", outcome="booked")

    put = task(done, read=read)

    assert (put["id"], put["note"], len(put["identifier"])) == ("t1", read["note"], 1)
    assert (put["status"], put["owner"], put["businessStatus"]) == (
        "completed",
        {"display": "Dana R."},
        {"text": "booked"},
    )
    assert put["output"] == [{"type": {"text": "outcome"}, "valueString": "booked"}]
    assert "owner" not in task(TASK, read=put)


def test_an_unknown_task_status_is_refused() -> None:
    with pytest.raises(Permanent):
        task(replace(TASK, status="done"))


@pytest.mark.req("S56")
def test_a_booking_is_one_transaction_that_holds_every_record_to_its_version() -> None:
    put = task(replace(TASK, status="completed"), read={"id": "t1", "meta": {"versionId": "4"}})
    freed = SLOT | {"id": "s0", "status": "busy"}

    bundle = booking_bundle(replace(BOOKING, old_appointment=OLD, old_slots=(freed,), task=put))

    assert bundle["type"] == "transaction"
    requests = [entry["request"] for entry in bundle["entry"]]
    assert requests == [
        {"method": "POST", "url": "Appointment", "ifNoneExist": "identifier=urn:careloop:booking|cas_1"},
        {"method": "PUT", "url": "Slot/s1", "ifMatch": 'W/"5"'},
        {"method": "PUT", "url": "Appointment/a0", "ifMatch": 'W/"2"'},
        {"method": "PUT", "url": "Slot/s0", "ifMatch": 'W/"5"'},
        {"method": "PUT", "url": "Task/t1", "ifMatch": 'W/"4"'},
    ]
    new, taken, cancelled, free, _ = (entry["resource"] for entry in bundle["entry"])
    assert (new["status"], new["start"], new["end"]) == ("booked", "2026-11-24T18:00:00Z", "2026-11-24T18:30:00Z")
    assert (new["slot"], new["serviceType"]) == ([{"reference": "Slot/s1"}], OLD["serviceType"])
    assert (taken["status"], taken["comment"], free["status"]) == ("busy", "kept", "free")
    assert cancelled["status"] == "cancelled"
    assert cancelled["cancelationReason"]["coding"][0]["code"] == "pat"
    assert SLOT["status"] == "free"


@pytest.mark.parametrize("status", ["noshow", "fulfilled", "cancelled", "entered-in-error"])
def test_an_old_appointment_that_is_over_stays_as_history(status: str) -> None:
    bundle = booking_bundle(replace(BOOKING, old_appointment=OLD | {"status": status}, old_slots=(SLOT,)))

    assert [entry["request"]["url"] for entry in bundle["entry"]] == ["Appointment", "Slot/s1"]


def test_the_same_booking_is_the_same_bundle_twice() -> None:
    assert booking_bundle(BOOKING) == booking_bundle(BOOKING)


def test_a_slot_that_is_not_free_any_more_is_a_conflict() -> None:
    with pytest.raises(Conflict):
        booking_bundle(replace(BOOKING, slots=(SLOT | {"status": "busy"},)))


@pytest.mark.parametrize(
    "slots",
    [
        (),
        (SLOT | {"start": None},),
        (SLOT | {"meta": {}},),
        (SLOT, SLOT | {"id": "s9", "start": "2026-11-25T18:00:00Z", "end": "2026-11-25T18:30:00Z"}),
    ],
)
def test_slots_that_cannot_hold_a_visit_are_refused(slots: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(Permanent):
        booking_bundle(replace(BOOKING, slots=slots))


def test_two_slots_in_a_row_make_one_longer_visit() -> None:
    following = SLOT | {"id": "s2", "start": "2026-11-24T18:30:00Z", "end": "2026-11-24T19:00:00Z"}

    made = appointment(replace(BOOKING, slots=(following, SLOT)))

    assert (made["start"], made["end"], made["minutesDuration"]) == ("2026-11-24T18:00:00Z", "2026-11-24T19:00:00Z", 60)


def test_what_was_kept_as_asked_does_not_differ_whatever_its_spelling() -> None:
    asked = appointment(BOOKING)
    got = asked | {"id": "a1", "start": "2026-11-24T12:00:00-06:00", "comment": "added by the EHR"}

    assert read_back_differs(asked, got) is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"status": "pending"}, "status"),
        ({"start": "2026-11-24T18:15:00Z"}, "start"),
        ({"end": None}, "end"),
        ({"participant": [{"actor": {"reference": "Practitioner/d1"}}]}, "participant"),
        ({"slot": []}, "slot"),
        ({"identifier": []}, "identifier"),
        ({"resourceType": "Task"}, "Appointment"),
    ],
)
def test_a_difference_is_said_in_words(change: dict[str, Any], word: str) -> None:
    asked = appointment(BOOKING)

    said = read_back_differs(asked, asked | change)

    assert said is not None
    assert word in said


def test_a_task_whose_owner_or_outcome_was_lost_differs() -> None:
    asked = task(replace(TASK, status="completed", owner_display="Dana R.", outcome="booked"))

    assert "owner" in str(read_back_differs(asked, asked | {"owner": {"display": "Kim"}}))
    assert "outcome" in str(read_back_differs(asked, asked | {"output": []}))


def test_a_confirmed_visit_changes_the_patients_own_participation_and_nothing_else() -> None:
    doctor = {"actor": {"reference": "Practitioner/d1"}, "status": "tentative"}
    read = OLD | {"participant": [{"actor": {"reference": "Patient/p1"}, "status": "needs-action"}, doctor]}

    put = accepted(read, "p1")

    assert put == read | {"participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}, doctor]}
    assert patient_status(read, "p1") == "needs-action"
    with pytest.raises(Permanent):
        accepted(read, "p2")
