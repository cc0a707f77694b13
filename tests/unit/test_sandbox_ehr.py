"""The local EHR is as strict as the standard: versions, conditions, transactions, searches, notifications, faults."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from sandbox.clinic import Clinic, clinic
from sandbox.ehr import Chart, ChartConfig
from tests.loopback import Says, vendor
from tests.sandbox_vendors import Ear, served
from tests.serving import address, bound

TOKEN = {"Authorization": "Bearer ehr-token"}
NOW = datetime(2026, 11, 26, 20, 10, tzinfo=UTC)
CLINIC = clinic(date(2026, 11, 23))
STORY = CLINIC.people["story"]
VISIT = f"/fhir/Appointment/{STORY.appointment}"
FREE, OTHER = [slot for slot in CLINIC.resources["Slot"] if slot["status"] == "free" and slot["start"] > "2026-12-01"][
    :2
]
TASK = {
    "resourceType": "Task",
    "status": "requested",
    "intent": "order",
    "code": {"text": "No-show recovery"},
    "identifier": [{"system": "https://careloop.example/fhir/ids/case", "value": "c-1"}],
    "for": {"reference": f"Patient/{STORY.patient}"},
}
ONCE = {"If-None-Exist": "identifier=https://careloop.example/fhir/ids/case|c-1"}


@dataclass
class Office:
    """A chart with the synthetic clinic in it, a client with its token, and an ear for its notifications."""

    chart: Chart
    http: httpx.Client
    ear: Ear
    base_url: str

    def read(self, path: str) -> dict[str, Any]:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def put(self, resource: dict[str, Any], version: str | None) -> httpx.Response:
        headers = {} if version is None else {"If-Match": f'W/"{version}"'}
        return self.http.put(f"/fhir/{resource['resourceType']}/{resource['id']}", json=resource, headers=headers)

    def search(self, kind: str, **params: Any) -> list[str]:
        found = self.http.get(f"/fhir/{kind}", params=params).json()
        return [entry["resource"]["id"] for entry in found.get("entry", [])]

    def act(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/act/ehr/{path}", json=body)


@pytest.fixture
def office() -> Iterator[Office]:
    with vendor() as played:
        ear, held = Ear(played), bound()
        base_url = f"{address(held)}/fhir"
        config = ChartConfig(base_url, "ehr-token", f"{played.url}/ehr", "notify-token", retry_delays_s=(0.01, 0.01))
        chart = Chart(config, now=lambda: NOW, changed=lambda: None)
        chart.seed(CLINIC.resources)
        with served(chart.router(), chart.aclose, held) as http:
            http.headers.update(TOKEN)
            yield Office(chart, http, ear, base_url)


def booking(office: Office, *, slot: dict[str, Any] = FREE, slot_version: str = "1") -> dict[str, Any]:
    """The transaction a reschedule makes: a new visit, its slot busy, the task that says so pointing at the visit."""
    visit = {
        "resourceType": "Appointment",
        "status": "booked",
        "start": slot["start"],
        "end": slot["end"],
        "slot": [{"reference": f"Slot/{slot['id']}"}],
        "participant": [{"actor": {"reference": f"Patient/{STORY.patient}"}, "status": "accepted"}],
    }
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": {**TASK, "focus": {"reference": "urn:uuid:0b1c"}},
                "request": {"method": "POST", "url": "Task", "ifNoneExist": ONCE["If-None-Exist"]},
            },
            {
                "resource": {**slot, "status": "busy"},
                "request": {"method": "PUT", "url": f"Slot/{slot['id']}", "ifMatch": f'W/"{slot_version}"'},
            },
            {
                "fullUrl": "urn:uuid:0b1c",
                "resource": visit,
                "request": {"method": "POST", "url": "Appointment"},
            },
        ],
    }


def test_without_the_token_only_metadata_is_told(office: Office) -> None:
    stranger = httpx.Client(base_url=office.base_url, trust_env=False)
    with stranger:
        refused, told = stranger.get("/Patient"), stranger.get("/metadata")

    assert (refused.status_code, refused.json()["resourceType"]) == (401, "OperationOutcome")
    assert told.json()["fhirVersion"] == "4.0.1"


def test_every_search_parameter_in_metadata_is_really_understood(office: Office) -> None:
    for resource in office.read("/fhir/metadata")["rest"][0]["resource"]:
        for parameter in resource["searchParam"]:
            value = "2026-11-26" if parameter["type"] == "date" else "x"
            answer = office.http.get(
                f"/fhir/{resource['type']}",
                params={parameter["name"]: value},
                headers={"Prefer": "handling=strict"},
            )
            assert answer.status_code == 200, (resource["type"], parameter)


def test_a_create_gets_an_id_a_version_and_a_place(office: Office) -> None:
    answer = office.http.post("/fhir/Task", json=TASK)

    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Location"] == f"{office.base_url}/Task/{made['id']}/_history/1"
    assert made["meta"]["lastUpdated"] == "2026-11-26T20:10:00.000Z"


def test_a_conditional_create_finds_what_is_there_and_refuses_to_choose(office: Office) -> None:
    first = office.http.post("/fhir/Task", json=TASK, headers=ONCE)
    second = office.http.post("/fhir/Task", json=TASK, headers=ONCE)
    office.http.post("/fhir/Task", json=TASK)
    third = office.http.post("/fhir/Task", json=TASK, headers=ONCE)

    assert [a.status_code for a in (first, second, third)] == [201, 200, 412]
    assert second.json()["id"] == first.json()["id"]


def test_an_update_needs_the_current_version(office: Office) -> None:
    task = office.http.post("/fhir/Task", json=TASK).json()

    answers = [office.put({**task, "status": status}, version) for status, version in
               (("accepted", None), ("accepted", "1"), ("completed", "1"), ("completed", "2"))]  # fmt: skip

    assert [a.status_code for a in answers] == [400, 200, 412, 200]
    assert answers[3].headers["ETag"] == 'W/"3"'


def test_the_history_shows_who_owned_a_task(office: Office) -> None:
    task = office.http.post("/fhir/Task", json=TASK).json()
    office.put({**task, "status": "accepted", "owner": {"display": "Bruno Keller"}}, "1")

    past = office.read(f"/fhir/Task/{task['id']}/_history")

    assert [e["resource"].get("owner", {}).get("display") for e in past["entry"]] == ["Bruno Keller", None]
    assert office.read(f"/fhir/Task/{task['id']}/_history/1")["status"] == "requested"


def test_update_does_not_create_and_a_deleted_resource_is_gone(office: Office) -> None:
    task = office.http.post("/fhir/Task", json=TASK).json()

    office.http.delete(f"/fhir/Task/{task['id']}")

    assert office.put({**TASK, "id": "new-one"}, "1").status_code == 405
    assert office.http.get(f"/fhir/Task/{task['id']}").status_code == 410
    assert office.http.get("/fhir/Task/never-was").status_code == 404
    assert office.http.get("/fhir/Spaceship").status_code == 404
    assert office.http.patch(f"/fhir/Task/{task['id']}", json={}).status_code == 405


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"status": "no-show"}, "Appointment.status"),
        ({"participant": None}, "Appointment.participant"),
        ({"participant": []}, "Appointment.participant"),
        ({"end": None}, "Appointment.start"),
        ({"start": None, "end": None}, "Appointment.start"),
        ({"start": "2026-11-26T13:30:00"}, "Appointment.start"),
        ({"cancellationReason": {"text": "R5 spelling"}}, "Appointment.cancellationReason"),
        ({"cancelationReason": {"text": "not cancelled"}}, "Appointment.cancelationReason"),
        ({"identifier": {"value": "x"}}, "Appointment.identifier"),
        ({"participant": [{"actor": {"display": "x"}}]}, "Appointment.participant[0].status"),
        (
            {"participant": [{"actor": {"reference": "Patient/nobody"}, "status": "accepted"}]},
            "Appointment.participant[0].actor",
        ),
    ],
)
def test_what_r4_would_not_have_is_422_and_says_where(office: Office, change: dict[str, Any], where: str) -> None:
    visit = {name: value for name, value in office.read(VISIT).items() if name not in {"id", "meta", "slot"}}
    broken = {name: value for name, value in {**visit, **change}.items() if value is not None}

    answer = office.http.post("/fhir/Appointment", json=broken)

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == [where]


@pytest.mark.parametrize("lacks", ["status", "intent"])
def test_a_task_needs_status_and_intent(office: Office, lacks: str) -> None:
    task = {name: value for name, value in TASK.items() if name != lacks}

    assert office.http.post("/fhir/Task", json=task).status_code == 422


def test_a_missed_visit_cannot_be_booked_again_in_place(office: Office) -> None:
    missed = office.act("no_show", appointment=STORY.appointment).json()

    assert office.put({**missed, "status": "booked"}, missed["meta"]["versionId"]).status_code == 422


def test_searches_by_patient_status_and_time(office: Office) -> None:
    visits = office.search("Appointment", patient=STORY.patient, date=["ge2026-11-26", "lt2026-11-27"], status="booked")
    gone = office.search("Appointment", patient=f"Patient/{STORY.patient}", **{"status:not": "booked"})
    slots = office.search("Slot", schedule="sched-okafor", status="free", start="ge2026-12-01T21:00:00Z", _sort="start")

    assert visits == [STORY.appointment]
    assert len(gone) == 1
    assert slots == sorted(slots)
    assert office.search("Patient", _id="pat-story,pat-stop", _sort="_id") == ["pat-stop", "pat-story"]
    assert office.search("Patient", identifier="https://lakeside.example/mrn|MRN10001") == ["pat-story"]
    assert office.search("Patient", _lastUpdated="gt2026-11-26T20:10:00Z") == []


def test_posted_search_pages_by_next_links_without_loss(office: Office) -> None:
    bundle = office.http.post("/fhir/Slot/_search", data={"_count": "500", "_sort": "start"}).json()
    seen = [entry["resource"]["id"] for entry in bundle["entry"]]
    while following := [link["url"] for link in bundle["link"] if link["relation"] == "next"]:
        bundle = office.read(following[0])
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]

    assert len(seen) == len(set(seen)) == bundle["total"] == len(CLINIC.resources["Slot"])


def test_an_unknown_parameter_is_refused_only_when_strict(office: Office) -> None:
    lenient = office.http.get("/fhir/Patient", params={"shoe-size": "44", "_id": "pat-story"})
    strict = office.http.get("/fhir/Patient", params={"shoe-size": "44"}, headers={"Prefer": "handling=strict"})

    assert (lenient.status_code, lenient.json()["total"], strict.status_code) == (200, 1, 400)
    assert office.http.get("/fhir/Appointment", params={"date": "ge-soon"}).status_code == 400


def test_a_booking_transaction_links_its_entries_and_sells_the_slot(office: Office) -> None:
    answer = office.http.post("/fhir", json=booking(office))

    entries = answer.json()["entry"]
    assert [entry["response"]["status"] for entry in entries] == ["201 Created", "200 OK", "201 Created"]
    assert entries[0]["resource"]["focus"]["reference"] == f"Appointment/{entries[2]['resource']['id']}"
    assert office.read(f"/fhir/Slot/{FREE['id']}")["status"] == "busy"


def test_a_transaction_that_fails_changes_nothing(office: Office) -> None:
    office.act("slot_taken", slot=FREE["id"])
    before = office.chart.dump()["records"]

    stale = office.http.post("/fhir", json=booking(office))
    taken = office.http.post("/fhir", json=booking(office, slot_version="2"))

    assert (stale.status_code, taken.status_code) == (412, 409)
    assert stale.json()["issue"][0]["expression"] == ["Bundle.entry[1]"]
    assert office.chart.dump()["records"] == before
    assert office.search("Task") == []


def test_a_held_slot_can_be_sold_only_to_the_one_who_holds_its_version(office: Office) -> None:
    held = office.put({**FREE, "status": "busy-tentative"}, "1").json()
    bundle = booking(office)

    bare = office.http.post("/fhir/Appointment", json=bundle["entry"][2]["resource"])
    sold = office.http.post("/fhir", json=booking(office, slot_version=held["meta"]["versionId"]))

    assert (bare.status_code, sold.status_code) == (409, 200)


def test_a_plain_booking_marks_the_slot_busy_itself(office: Office) -> None:
    visit = booking(office)["entry"][2]["resource"]

    first, second = (office.http.post("/fhir/Appointment", json=visit) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 409)
    assert office.read(f"/fhir/Slot/{FREE['id']}")["status"] == "busy"


def test_an_unresolved_urn_and_a_double_write_are_400(office: Office) -> None:
    lost = booking(office)
    del lost["entry"][2]["fullUrl"]
    twice = booking(office)
    twice["entry"].append(twice["entry"][1])

    assert [office.http.post("/fhir", json=bundle).status_code for bundle in (lost, twice)] == [400, 400]


def test_a_change_is_notified_as_an_id_only_backport_bundle(office: Office) -> None:
    office.act("no_show", appointment=STORY.appointment)

    (asked,) = office.ear.wait_for(1)

    bundle = asked.json
    status = {p["name"]: p for p in bundle["entry"][0]["resource"]["parameter"]}
    focus = next(p for p in status["notification-event"]["part"] if p["name"] == "focus")
    assert asked.headers["Authorization"] == "Bearer notify-token"
    assert (bundle["type"], status["type"]["valueCode"]) == ("history", "event-notification")
    assert focus["valueReference"]["reference"] == f"{office.base_url}/Appointment/{STORY.appointment}"
    assert bundle["entry"][1]["request"] == {"method": "PUT", "url": f"Appointment/{STORY.appointment}"}
    assert "resource" not in bundle["entry"][1]


def test_a_notification_is_tried_again_until_taken(office: Office) -> None:
    office.ear.answers += [Says(503), Says(cut=True)]

    office.act("no_show", appointment=STORY.appointment)

    first, second, third = office.ear.wait_for(3)
    assert first.body == second.body == third.body


def test_tasks_are_not_notified(office: Office) -> None:
    office.http.post("/fhir/Task", json=TASK)
    office.act("deceased", patient=STORY.patient)

    (asked,) = office.ear.wait_for(1)

    assert asked.json["entry"][1]["request"]["url"] == f"Patient/{STORY.patient}"


def test_a_visit_is_checked_in_then_fulfilled_with_its_encounter(office: Office) -> None:
    office.act("fulfill", appointment=STORY.appointment)

    past = office.read(f"{VISIT}/_history")
    assert [entry["resource"]["status"] for entry in past["entry"]] == ["fulfilled", "checked-in", "booked"]
    (encounter,) = office.search("Encounter", appointment=STORY.appointment)
    assert office.read(f"/fhir/Encounter/{encounter}")["status"] == "finished"


def test_a_patient_books_elsewhere_and_calls_off(office: Office) -> None:
    made = office.act("book", patient=STORY.patient, slot=FREE["id"]).json()
    again = office.act("book", patient=STORY.patient, slot=FREE["id"])
    office.act("cancel", appointment=made["id"])

    assert (made["status"], again.status_code) == ("booked", 409)
    assert office.read(f"/fhir/Slot/{FREE['id']}")["status"] == "free"
    assert office.act("no_show", appointment="nobody").status_code == 404


def test_a_lost_write_is_answered_and_forgotten(office: Office) -> None:
    office.act("fault", method="POST", type="Task", lose_write=True)

    answer = office.http.post("/fhir/Task", json=TASK, headers=ONCE)

    assert answer.status_code == 201
    assert office.http.get(f"/fhir/Task/{answer.json()['id']}").status_code == 404


def test_a_dropped_answer_leaves_the_write_done(office: Office) -> None:
    office.act("fault", type="Bundle", reset=True)

    with pytest.raises(httpx.TransportError):
        office.http.post("/fhir", json=booking(office))

    assert len(office.search("Task", identifier="c-1")) == 1


def test_faults_count_and_carry_retry_after(office: Office) -> None:
    office.act("fault", method="GET", type="Patient", status=429, retry_after=3, times=1)

    throttled, well = (office.http.get("/fhir/Patient/pat-story") for _ in range(2))

    assert (throttled.status_code, throttled.headers["Retry-After"], well.status_code) == (429, "3", 200)
    asked = office.http.get("/act/ehr/requests").json()["requests"]
    assert [one["path"] for one in asked] == ["/fhir/Patient/pat-story"] * 2


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'{"resourceType":"Task"', b"\xff"])
def test_a_body_that_is_no_resource_is_400(office: Office, body: bytes) -> None:
    answer = office.http.post("/fhir/Task", content=body, headers={"Content-Type": "application/fhir+json"})

    assert answer.status_code == 400
    assert office.http.post("/fhir/Task", content=b"x", headers={"Content-Type": "text/xml"}).status_code == 415


def test_a_dump_brings_everything_back(office: Office) -> None:
    office.act("no_show", appointment=STORY.appointment)
    kept, before = json.loads(json.dumps(office.chart.dump())), office.chart.state()
    office.act("deceased", patient=STORY.patient)

    office.chart.load(kept)

    assert office.chart.state() == before
    assert office.read(VISIT)["meta"]["versionId"] == "2"


@pytest.mark.parametrize("start", [date(2026, 11, 23), date(2026, 3, 5), date(2027, 1, 1), date(2026, 10, 31)])
def test_the_clinic_is_the_same_every_time_and_fits_together(start: date) -> None:
    made: Clinic = clinic(start)
    known = {f"{kind}/{one['id']}" for kind, kept in made.resources.items() for one in kept}
    wanted = {link["reference"] for visit in made.resources["Appointment"] for link in visit["slot"]}
    wanted |= {p["actor"]["reference"] for visit in made.resources["Appointment"] for p in visit["participant"]}

    assert made == clinic(start)
    assert wanted <= known
    assert made.visit_day.weekday() == 3
    assert 3 <= (made.visit_day - start).days < 10
    assert len({person.slot for person in made.people.values()}) == len(made.people) >= 12
    assert all("555" in phone.number and phone.number[-4:-2] == "01" for phone in made.phones)
