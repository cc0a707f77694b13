"""Our channel and FHIR client against the local phones and chart, over loopback HTTP: the two sides agree."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from core.errors import Conflict, Permanent, Temporary, Unknown
from integrations.channels.sms import OutgoingText, SendState, TwilioAccount, TwilioSms
from integrations.ehr.fhir import FhirClient
from integrations.ehr.mapping import appointment_fact, slot_fact
from integrations.ehr.references import Resource
from integrations.ehr.writes import BookingFacts, TaskFacts, booking_bundle, read_back_differs, task
from sandbox.ehr import Chart, ChartConfig
from sandbox.phones import Carrier, CarrierConfig
from tests.serving import address, bound, serving

NOW = datetime(2026, 11, 23, 20, 10, tzinfo=UTC)
AC, MG, CLINIC, PATIENT = "AC" + "a" * 32, "MG" + "b" * 32, "+16175550100", "+16175550101"
TEXT = OutgoingText("att_01", to=PATIENT, body="Reply 1 to pick a time.", validity_s=600)
SEED: dict[str, list[Resource]] = {
    "Patient": [{"resourceType": "Patient", "id": "p1", "name": [{"family": "Lopez", "given": ["Ana"]}]}],
    "Practitioner": [{"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Reed"}]}],
    "Schedule": [{"resourceType": "Schedule", "id": "sch0", "actor": [{"reference": "Practitioner/d1"}]}],
    "Slot": [
        {
            "resourceType": "Slot",
            "id": f"s{n}",
            "schedule": {"reference": "Schedule/sch0"},
            "status": "free",
            "start": f"2026-11-24T{14 + n}:00:00Z",
            "end": f"2026-11-24T{14 + n}:30:00Z",
        }
        for n in range(4)
    ],
    "Appointment": [
        {
            "resourceType": "Appointment",
            "id": "a0",
            "status": "noshow",
            "start": "2026-11-23T19:30:00Z",
            "end": "2026-11-23T20:00:00Z",
            "participant": [
                {"actor": {"reference": "Patient/p1"}, "status": "accepted"},
                {"actor": {"reference": "Practitioner/d1"}, "status": "accepted"},
            ],
        }
    ],
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
    authored_on=NOW,
    last_modified=NOW,
)


@contextmanager
def served(make: Callable[[str], APIRouter]) -> Iterator[str]:
    """Serve what `make(origin)` builds in a thread; yields the origin."""
    held = bound()
    app = FastAPI()
    app.include_router(make(address(held)))
    with serving(app, held=held) as origin:
        yield origin


@pytest.fixture
def phones() -> Iterator[str]:
    config = CarrierConfig(AC, "secret", MG, CLINIC)

    def make(_: str) -> APIRouter:
        return Carrier(config, now=lambda: NOW, changed=lambda: None).router()

    with served(make) as origin:
        httpx.post(f"{origin}/act/phones/phone", json={"number": PATIENT, "name": "Ana"}).raise_for_status()
        yield origin


@pytest.fixture
def sms(phones: str) -> Iterator[TwilioSms]:
    account = TwilioAccount(AC, "secret", MG, f"{phones}/twilio", "http://127.0.0.1:9/twilio/status", timeout_s=1)
    channel = TwilioSms(account)
    yield channel
    channel.close()


@pytest.fixture
def chart() -> Iterator[str]:
    def make(origin: str) -> APIRouter:
        local = Chart(ChartConfig(f"{origin}/fhir", "bearer"), now=lambda: NOW, changed=lambda: None)
        local.seed(SEED)
        return local.router()

    with served(make) as origin:
        yield origin


@pytest.fixture
def fhir(chart: str) -> Iterator[FhirClient]:
    client = FhirClient(f"{chart}/fhir", token=lambda: "bearer", timeout_s=1)
    yield client
    client.close()


def misbehave(origin: str, vendor: str, **order: Any) -> None:
    httpx.post(f"{origin}/act/{vendor}/fault", json=order).raise_for_status()


def kept_by_carrier(origin: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = httpx.get(f"{origin}/act/phones/messages", params={"to": PATIENT}).json()["messages"]
    return listed


@pytest.mark.req("S73")
def test_a_text_arrives_once_and_can_be_found_and_fetched(phones: str, sms: TwilioSms) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)

    sent = sms.send(TEXT)

    assert sent.state is SendState.ACCEPTED
    assert len(kept_by_carrier(phones)) == 1
    [found] = sms.find(PATIENT, since=before)
    assert (found.sid, found.body, found.direction) == (sent.provider_sid, TEXT.body, "outbound-api")
    fetched = sms.fetch(found.sid)
    assert fetched is not None
    assert fetched.sid == found.sid
    assert sms.fetch("SM" + "f" * 32) is None


@pytest.mark.parametrize(
    ("order", "state", "kept"),
    [
        ({"error_code": 21610}, SendState.FAILED, 0),
        ({"status": 429}, SendState.NOT_SENT, 0),
        ({"status": 503}, SendState.UNKNOWN, 0),
        ({"reset_before": True}, SendState.UNKNOWN, 0),
        ({"reset": True}, SendState.UNKNOWN, 1),
        ({"timeout_s": 1.5}, SendState.UNKNOWN, 1),
    ],
)
def test_each_fault_is_called_by_its_name_and_a_lost_text_is_found_by_look_up(
    phones: str, sms: TwilioSms, order: dict[str, Any], state: SendState, kept: int
) -> None:
    misbehave(phones, "phones", **order)

    sent = sms.send(TEXT)

    assert sent.state is state
    assert len(kept_by_carrier(phones)) == kept
    assert len(sms.find(PATIENT, since=datetime.now(UTC) - timedelta(minutes=1))) == kept


def a_booking(fhir: FhirClient, slot_id: str = "s1") -> BookingFacts:
    return BookingFacts(
        identifier=("urn:careloop:booking", "cas_1"),
        patient_ehr_id="p1",
        practitioner_ehr_id="d1",
        location_ehr_id=None,
        kind="Office visit",
        slots=(fhir.read("Slot", slot_id),),
        created_at=NOW,
        old_appointment=fhir.read("Appointment", "a0"),
    )


@pytest.mark.req("S56")
def test_a_missed_visit_is_rebooked_in_one_transaction_and_reads_back_as_asked(fhir: FhirClient) -> None:
    made = fhir.create(task(TASK), identifier=TASK.identifier)
    done = replace(TASK, status="completed", owner_display="Dana R.", business_status="booked", outcome="booked")
    bundle = booking_bundle(replace(a_booking(fhir), task=task(done, read=made.resource)))

    new, slot, finished = fhir.transaction(bundle)

    assert read_back_differs(bundle["entry"][0]["resource"], fhir.read("Appointment", new.resource["id"])) is None
    assert read_back_differs(bundle["entry"][2]["resource"], fhir.read("Task", finished.resource["id"])) is None
    fact = appointment_fact(new.resource)
    assert (fact.patient_ehr_id, fact.status, fact.slot_ehr_ids) == ("p1", "booked", ("s1",))
    assert slot_fact(slot.resource).status == "busy"
    assert fhir.read("Appointment", "a0")["status"] == "noshow"


def test_a_slot_taken_in_between_is_a_conflict_and_nothing_is_written(chart: str, fhir: FhirClient) -> None:
    bundle = booking_bundle(a_booking(fhir))
    busy = fhir.read("Slot", "s1") | {"status": "busy"}
    fhir.update(busy, version=busy["meta"]["versionId"])

    with pytest.raises(Conflict):
        fhir.transaction(bundle)

    assert fhir.by_identifier("Appointment", ("urn:careloop:booking", "cas_1")) is None


@pytest.mark.req("S56")
def test_a_create_whose_answer_was_lost_is_found_and_not_made_twice(chart: str, fhir: FhirClient) -> None:
    misbehave(chart, "ehr", method="POST", type="Task", reset=True)
    with pytest.raises(Unknown):
        fhir.create(task(TASK), identifier=TASK.identifier)

    again = fhir.create(task(TASK), identifier=TASK.identifier, search_first=True)

    assert again.already_there
    assert len(list(fhir.search("Task", {"patient": "Patient/p1"}))) == 1


def test_a_second_create_and_a_stale_update_are_told_apart_from_success(fhir: FhirClient) -> None:
    first = fhir.create(task(TASK), identifier=TASK.identifier)
    second = fhir.create(task(TASK), identifier=TASK.identifier)
    claimed = task(replace(TASK, status="accepted", owner_display="Dana R."), read=first.resource)

    assert (first.already_there, second.already_there) == (False, True)
    assert first.version is not None
    fhir.update(claimed, version=first.version)
    with pytest.raises(Conflict):
        fhir.update(claimed, version=first.version)


def test_searches_page_through_and_strange_parameters_are_refused(fhir: FhirClient) -> None:
    slots = [slot_fact(row) for row in fhir.search("Slot", {"status": "free", "_count": 2})]

    assert [slot.ehr_id for slot in slots] == ["s0", "s1", "s2", "s3"]
    with pytest.raises(Permanent):
        list(fhir.search("Slot", {"favourite-colour": "blue"}))


def test_trouble_while_reading_is_temporary_and_a_wrong_token_is_permanent(chart: str, fhir: FhirClient) -> None:
    misbehave(chart, "ehr", method="GET", type="Patient", status=503)
    with pytest.raises(Temporary):
        fhir.read("Patient", "p1")

    stranger = FhirClient(f"{chart}/fhir", token=lambda: "wrong")
    with pytest.raises(Permanent):
        stranger.read("Patient", "p1")
    stranger.close()


def test_the_local_chart_says_it_can_do_what_we_need(fhir: FhirClient) -> None:
    can = fhir.capabilities()

    assert can.transactions
    assert all(can.allows(kind, act) for kind in ("Appointment", "Slot", "Task") for act in ("read", "update"))
