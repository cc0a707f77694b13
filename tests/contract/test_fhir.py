"""A FHIR server as ehr.md describes it, played by a script: what we send, and what we make of each answer."""

from collections.abc import Iterator

import pytest

from core.errors import Conflict, Misconfigured, Permanent, Temporary, Unknown
from integrations.ehr.fhir import FhirClient
from integrations.ehr.references import Resource
from tests.loopback import Asked, Says, Vendor, closed_port, vendor

KEY = ("urn:careloop:task", "tsk_01")
TASK: Resource = {
    "resourceType": "Task",
    "status": "requested",
    "intent": "order",
    "identifier": [{"system": KEY[0], "value": KEY[1]}],
}
KEPT = TASK | {"id": "t1", "meta": {"versionId": "3"}}
PRIVATE = "Ana Lopez"
REFUSED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "business-rule", "diagnostics": PRIVATE}],
}


class Tokens:
    """A source that keeps its token until told to drop it."""

    def __init__(self) -> None:
        self.made = 1

    def __call__(self) -> str:
        return f"token-{self.made}"

    def drop(self) -> None:
        self.made += 1


@pytest.fixture
def ehr() -> Iterator[Vendor]:
    with vendor() as played:
        yield played


@pytest.fixture
def fhir(ehr: Vendor) -> Iterator[FhirClient]:
    client = FhirClient(f"{ehr.url}/fhir/", token=Tokens(), timeout_s=5)
    yield client
    client.close()


def page(*rows: Resource, next_link: str | None = None) -> Says:
    link = [{"relation": "next", "url": next_link}] if next_link else []
    entries = [{"resource": row, "search": {"mode": "match"}} for row in rows]
    return Says(200, {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entries})


def test_a_search_is_strict_fresh_and_follows_next_links_verbatim(ehr: Vendor, fhir: FhirClient) -> None:
    slot = {"resourceType": "Slot", "id": "s1"}
    ehr.says(page(slot, next_link=f"{ehr.url}/fhir?_getpages=a%7Cb&n=2"), page(slot | {"id": "s2"}))

    rows = list(fhir.search("Slot", {"status": "free", "start": ["ge2026-11-22", "lt2026-11-29"]}))

    assert [row["id"] for row in rows] == ["s1", "s2"]
    first, second = ehr.asked
    assert first.path == "/fhir/Slot?status=free&start=ge2026-11-22&start=lt2026-11-29"
    assert second.path == "/fhir?_getpages=a%7Cb&n=2"
    assert (first.headers["Prefer"], first.headers["Cache-Control"]) == ("handling=strict", "no-cache")
    assert first.headers["Authorization"] == "Bearer token-1"
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_a_search_yields_matches_only_and_refuses_a_row_of_another_type(ehr: Vendor, fhir: FhirClient) -> None:
    good = page({"resourceType": "Slot", "id": "s1"})
    good.body["entry"].append({"resource": REFUSED, "search": {"mode": "outcome"}})
    ehr.says(good, page({"resourceType": "Patient", "id": "p1"}))

    assert [row["id"] for row in fhir.search("Slot", {})] == ["s1"]
    with pytest.raises(Permanent) as raised:
        list(fhir.search("Slot", {}))
    assert raised.value.code == "wrong-type"


def test_a_next_link_to_another_host_or_in_a_circle_is_refused(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(page(next_link="http://127.0.0.1:9/fhir?page=2"))
    with pytest.raises(Permanent) as elsewhere:
        list(fhir.search("Slot", {}))

    ehr.says(page(next_link=f"{ehr.url}/fhir/Slot?page=2"))
    with pytest.raises(Permanent) as endless:
        list(fhir.search("Slot", {}))

    assert (elsewhere.value.code, endless.value.code) == ("other-origin", "too-many-pages")


def test_a_create_is_conditional_and_gives_back_what_was_kept(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(Says(201, KEPT))

    written = fhir.create(TASK, identifier=KEY)

    assert (written.resource["id"], written.version, written.already_there) == ("t1", "3", False)
    [asked] = ehr.asked
    assert (asked.method, asked.path, asked.json) == ("POST", "/fhir/Task", TASK)
    assert asked.headers["If-None-Exist"] == "identifier=urn:careloop:task|tsk_01"
    assert asked.headers["Prefer"] == "return=representation"
    assert asked.headers["Content-Type"] == "application/fhir+json"


def test_a_create_that_was_done_before_says_so(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(Says(200, KEPT))

    assert fhir.create(TASK, identifier=KEY).already_there


@pytest.mark.req("S56")
def test_a_second_attempt_looks_first_and_writes_nothing_when_the_first_arrived(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(page(KEPT))

    written = fhir.create(TASK, identifier=KEY, search_first=True)

    assert (written.version, written.already_there) == ("3", True)
    assert [asked.method for asked in ehr.asked] == ["GET"]


def test_rows_that_ignore_our_identifier_are_not_taken_for_ours(ehr: Vendor, fhir: FhirClient) -> None:
    other = KEPT | {"identifier": [{"system": KEY[0], "value": "tsk_99"}]}
    ehr.says(page(other), Says(201, KEPT))

    written = fhir.create(TASK, identifier=KEY, search_first=True)

    assert not written.already_there
    assert [asked.method for asked in ehr.asked] == ["GET", "POST"]


def test_two_records_of_one_identifier_are_for_a_person(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(page(KEPT, KEPT | {"id": "t2"}))

    with pytest.raises(Conflict) as raised:
        fhir.create(TASK, identifier=KEY, search_first=True)

    assert raised.value.code == "multiple-matches"


def test_a_record_must_carry_the_identifier_it_is_made_under(ehr: Vendor, fhir: FhirClient) -> None:
    with pytest.raises(Permanent):
        fhir.create({"resourceType": "Task"}, identifier=KEY)

    assert ehr.asked == []


def test_an_update_names_the_version_it_saw(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(Says(200, TASK | {"id": "t1"}, headers={"ETag": 'W/"4"'}))

    written = fhir.update(KEPT, version="3")

    [asked] = ehr.asked
    assert (asked.method, asked.path, asked.headers["If-Match"]) == ("PUT", "/fhir/Task/t1", 'W/"3"')
    assert written.version == "4"


def test_a_server_that_answers_with_an_address_only_is_read(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(Says(201, headers={"Location": f"{ehr.url}/fhir/Task/t1/_history/3"}), Says(200, KEPT))

    written = fhir.create(TASK, identifier=KEY)

    assert written.version == "3"
    assert ehr.asked[1].path == "/fhir/Task/t1"


@pytest.mark.parametrize("follow_up", [Says(500, {}), Says(404, {})])
def test_a_write_that_cannot_be_read_back_is_unknown_not_undone(ehr: Vendor, fhir: FhirClient, follow_up: Says) -> None:
    ehr.says(Says(201, headers={"Location": "Task/t1"}), follow_up)

    with pytest.raises(Unknown):
        fhir.create(TASK, identifier=KEY)


@pytest.mark.parametrize(
    ("says", "writing", "reading", "code"),
    [
        (Says(400, REFUSED), Permanent, Permanent, "business-rule"),
        (Says(422, {}), Permanent, Permanent, "422"),
        (Says(403, {}), Permanent, Permanent, "403"),
        (Says(404, {}), Permanent, Permanent, "gone"),
        (Says(410, {}), Permanent, Permanent, "gone"),
        (Says(409, {}), Conflict, Conflict, "409"),
        (Says(412, REFUSED), Conflict, Conflict, "business-rule"),
        (Says(429, {}), Temporary, Temporary, None),
        (Says(500, REFUSED), Unknown, Temporary, None),
        (Says(503, raw=b"<html>"), Unknown, Temporary, None),
        (Says(302, headers={"Location": "/x"}), Permanent, Permanent, "302"),
        (Says(200, raw=b"<html>"), Unknown, Permanent, None),
        (Says(cut=True), Unknown, Temporary, None),
    ],
)
def test_each_answer_becomes_one_error_without_the_chart_s_words(
    ehr: Vendor, fhir: FhirClient, says: Says, writing: type[Exception], reading: type[Exception], code: str | None
) -> None:
    ehr.says(says)

    with pytest.raises(writing) as wrote:
        fhir.update(KEPT, version="3")
    with pytest.raises(reading) as read:
        fhir.read("Task", "t1")

    assert (type(wrote.value), type(read.value)) == (writing, reading)
    assert len(ehr.asked) == 2
    for error in (wrote.value, read.value):
        assert PRIVATE not in str(error)
        if code:
            assert error.code == code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "12"}, 12),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_throttled_call_says_how_long_to_wait(
    ehr: Vendor, fhir: FhirClient, headers: dict[str, str], wait: float | None
) -> None:
    ehr.says(Says(429, {}, headers=headers))

    with pytest.raises(Temporary) as raised:
        fhir.update(KEPT, version="3")

    assert raised.value.retry_after_s == wait


def test_a_lost_answer_is_unknown_for_a_write_and_temporary_for_a_read(ehr: Vendor) -> None:
    ehr.says(Says(hang=True))
    fhir = FhirClient(ehr.url, token=str, timeout_s=0.2)

    with pytest.raises(Unknown):
        fhir.transaction({"resourceType": "Bundle", "type": "transaction", "entry": []})
    with pytest.raises(Temporary):
        fhir.read("Task", "t1")

    fhir.close()
    assert len(ehr.asked) == 2
    assert "Authorization" not in ehr.asked[0].headers


def test_an_unreachable_server_is_temporary_even_for_a_write() -> None:
    with closed_port() as port:
        fhir = FhirClient(f"http://127.0.0.1:{port}", token=str)
        with pytest.raises(Temporary):
            fhir.update(KEPT, version="3")
        fhir.close()


def test_a_refused_token_is_dropped_and_asked_for_once_more(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.reply = lambda asked: Says(200, KEPT) if asked.headers["Authorization"].endswith("2") else Says(401, {})

    assert fhir.update(KEPT, version="3").version == "3"
    assert [asked.headers["Authorization"] for asked in ehr.asked] == ["Bearer token-1", "Bearer token-2"]


def test_a_server_that_never_lets_us_in_is_asked_twice_and_no_more(ehr: Vendor, fhir: FhirClient) -> None:
    ehr.says(Says(401, {}))

    with pytest.raises(Permanent):
        fhir.read("Task", "t1")

    assert len(ehr.asked) == 2


def test_a_transaction_answers_entry_by_entry(ehr: Vendor, fhir: FhirClient) -> None:
    def reply(asked: Asked) -> Says:
        if asked.method == "GET":
            return Says(200, {"resourceType": "Slot", "id": "s1", "meta": {"versionId": "8"}})
        kept = [
            {"resource": KEPT, "response": {"status": "200 OK"}},
            {"response": {"status": "200", "location": "Slot/s1/_history/8"}},
        ]
        return Says(200, {"resourceType": "Bundle", "type": "transaction-response", "entry": kept})

    ehr.reply = reply
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": TASK, "request": {"method": "POST", "url": "Task"}},
            {"resource": {"resourceType": "Slot", "id": "s1"}, "request": {"method": "PUT", "url": "Slot/s1"}},
        ],
    }

    task, slot = fhir.transaction(bundle)

    assert (ehr.asked[0].method, ehr.asked[0].path, ehr.asked[0].json) == ("POST", "/fhir", bundle)
    assert (task.version, task.already_there) == ("3", True)
    assert (slot.version, slot.already_there) == ("8", False)


@pytest.mark.parametrize(
    "answer",
    [
        {"resourceType": "Bundle", "type": "transaction-response", "entry": []},
        {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": {"status": "412"}}]},
        {"resourceType": "Bundle", "type": "batch-response", "entry": [{"response": {"status": "201"}}]},
    ],
)
def test_a_transaction_not_accounted_for_is_unknown(ehr: Vendor, fhir: FhirClient, answer: Resource) -> None:
    ehr.says(Says(200, answer))
    entry = {"resource": TASK, "request": {"method": "POST", "url": "Task"}}

    with pytest.raises(Unknown):
        fhir.transaction({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


def test_capabilities_say_which_writes_may_be_switched_on(ehr: Vendor, fhir: FhirClient) -> None:
    statement = {
        "resourceType": "CapabilityStatement",
        "fhirVersion": "4.0.1",
        "rest": [
            {
                "interaction": [{"code": "transaction"}],
                "resource": [{"type": "Task", "interaction": [{"code": "read"}, {"code": "update"}]}],
            }
        ],
    }
    ehr.says(Says(200, statement))

    can = fhir.capabilities()

    assert ehr.asked[0].path == "/fhir/metadata"
    assert (can.fhir_version, can.transactions) == ("4.0.1", True)
    assert can.allows("Task", "update")
    assert not can.allows("Task", "create")
    assert not can.allows("Slot", "read")


@pytest.mark.parametrize("ehr_id", ["..", "a/b", "", "x?y=1"])
def test_an_id_cannot_walk_out_of_its_place(ehr: Vendor, fhir: FhirClient, ehr_id: str) -> None:
    with pytest.raises(Permanent):
        fhir.read("Task", ehr_id)

    assert ehr.asked == []


@pytest.mark.parametrize("url", ["http://ehr.example/fhir", "file:///x", "https://u:p@ehr.example", "http://[::1"])
def test_an_unsafe_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(Misconfigured, match="EHR_BASE_URL"):
        FhirClient(url, token=str)
