"""Other systems start programs: once by their own id, with a clear answer, and never a word about the patient in an error."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from sandbox.tls import TLS
from storage.tables import Organisation, TriggerEvent
from tests.journey.test_self_booking import PROGRAM
from tests.world import ELENA, FRANK, World
from workflows import publishing, sources, tags

pytestmark = pytest.mark.phi("any")

Answer = tuple[int, dict[str, Any]]


class Crm:
    """A system with a token."""

    def __init__(self, world: World) -> None:
        self.world = world
        with world.begin() as session:
            self.token = sources.add(session, "crm", programs=["no_show"], owner="crm_team", actor="test")
        self.http = httpx.Client(verify=TLS, base_url=world.theatre.web.url, timeout=15, trust_env=False)

    def post(self, body: Any, *, token: str | None = None, raw: bytes | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        sent = {"content": raw} if raw is not None else {"json": body}
        answer = self.http.post("/v1/triggers", headers=headers, **sent)
        self.world.drain()
        return answer.status_code, answer.json()

    def start(self, **more: Any) -> dict[str, Any]:
        """A missed visit that only the CRM knows of."""
        usual = {
            "id": "ticket-77",
            "program": "no_show",
            "patient": {"ehr_id": self.world.person("story").patient},
            "occurred_at": self.world.now.isoformat(),
            "context": {"reason": "missed_call", "payer": "acme"},
        }
        return usual | more


@pytest.fixture
def crm(world: World) -> Iterator[Crm]:
    made = Crm(world)
    yield made
    made.http.close()


@pytest.mark.req("S91", by="workflows.patient_match:_by_ehr_id")
@pytest.mark.req("S90", by="workflows.why:_trigger")
def test_a_source_starts_a_program_and_why_shows_source_time_owner_and_context(world: World, crm: Crm) -> None:
    status, told = crm.post(crm.start(segment="overdue"))

    assert (status, told["verdict"]) == (202, "enrolled")
    assert "sorry we didn't see you" in world.texts("story")[0]
    (heard,) = [entry for entry in world.why("story")["entries"] if entry["kind"] == "trigger"]
    assert heard["detail"] == {
        "source": "crm", "owner": "crm_team", "occurred_at": world.now.isoformat(), "segment": "overdue",
        "confidence": 1.0, "reason": "missed_call", "payer": "acme",
    }  # fmt: skip


@pytest.mark.req("S100", by="workflows.triggers:said_before")
def test_the_same_id_is_one_start_and_other_words_under_it_are_a_conflict(world: World, crm: Crm) -> None:
    first = crm.post(crm.start())

    assert crm.post(crm.start()) == first
    status, told = crm.post(crm.start(owner="somebody_else"))

    assert (status, told["error"]) == (409, "id_used")
    assert len(world.texts("story")) == 1


def test_a_patient_nobody_knows_becomes_a_case_and_the_page_alone_says_whom_the_source_meant(
    world: World, crm: Crm
) -> None:
    status, told = crm.post(crm.start(patient={"mrn": "MRN-NOBODY", "external_id": "c-9"}))

    assert (status, told["verdict"], told["enrollments"]) == (202, "no_patient", [])
    card = world.card("front_office", "Find this patient's chart")
    assert "MRN-NOBODY" not in card
    world.click("Claim", card, by=ELENA)
    assert "note kept in Careloop" in world.card("front_office", "Find this patient's chart")


@pytest.mark.req("S104", by="workflows.patient_match:_by_alias")
def test_ids_that_name_two_charts_are_left_to_a_person(world: World, crm: Crm) -> None:
    crm.post(crm.start(id="one", patient={"ehr_id": world.person("story").patient, "external_id": "c-1"}))

    _, told = crm.post(crm.start(id="two", patient={"ehr_id": world.person("silent").patient, "external_id": "c-1"}))

    assert told["verdict"] == "human_owned"
    assert "not sure that this is the right patient" in world.card("front_office", "Contact this patient yourself")
    assert world.texts("silent") == []


def test_the_sources_own_id_is_known_once_it_named_a_chart_with_it(world: World, crm: Crm) -> None:
    both = {"ehr_id": world.person("story").patient, "external_id": "c-1"}
    crm.post(crm.start(id="one", patient=both))

    _, told = crm.post(crm.start(id="two", patient={"external_id": "c-1"}))

    assert told["verdict"] == "enrolled"


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"program": "reminder"}, 403, "not_allowed"),
        ({"occurred_at": "2031-01-01T00:00:00Z"}, 422, "refused"),
        ({"occurred_at": "yesterday"}, 422, "unreadable"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, 422, "unreadable"),
        ({"occurred_at": "9999-12-31T23:59:59-12:00"}, 422, "refused"),
        ({"patient": {}}, 422, "unreadable"),
        ({"patient": {"name": "Rosa Delgado", "ehr_id": "p1"}}, 422, "unreadable"),
        ({"context": {"Rosa Delgado": "x"}}, 422, "unreadable"),
        ({"context": {"reason": "Rosa Delgado has a rash"}}, 422, "unreadable"),
        ({"id": "a\x00b"}, 422, "unreadable"),
        ({"kind": "visit.missed"}, 422, "unreadable"),
        ({"program": None}, 422, "unreadable"),
    ],
)
def test_what_cannot_be_is_refused_in_clear_words_without_patient_data(
    world: World, crm: Crm, change: dict[str, Any], status: int, error: str
) -> None:
    said, told = crm.post(crm.start(**change))

    assert (said, told["error"]) == (status, error)
    assert "Rosa" not in str(told)
    assert "rash" not in str(told)
    with world.begin() as session:
        assert session.scalars(select(TriggerEvent).where(TriggerEvent.source == "crm")).all() == []


def test_only_a_live_token_is_heard(world: World, crm: Crm) -> None:
    assert crm.post(crm.start(), token="guess")[0] == 401
    with world.begin() as session:
        sources.revoke(session, "crm", actor="test")

    assert crm.post(crm.start()) == (401, {"error": "revoked", "say": "This token was revoked."})


@pytest.mark.phi("full")
@pytest.mark.req("S101", by="workflows.policy:first")
@pytest.mark.req("S102", by="workflows.tags:of")
@pytest.mark.req("S103", by="workflows.tags:_named")
def test_sensitive_high_value_and_excepted_runs_are_a_persons_and_the_card_says_why(world: World, crm: Crm) -> None:
    with world.begin() as session:
        tags.put(session, "payer", "acme", "high_value", by="test")
    runs = (
        ("story", {"tags": ["sensitive"]}, "clinical", "marked sensitive"),
        ("silent", {"payer": "acme"}, "patient_access", "marked as an account that people look after"),
        ("close", {"tags": ["open_complaint"]}, "front_office", "a complaint is open"),
    )

    for role, context, _, _ in runs:
        crm.post(crm.start(id=role, patient={"ehr_id": world.person(role).patient}, context=context))

    for role, _, team, words in runs:
        assert words in world.card(team, "Contact this patient yourself", world.person(role).name)
        assert world.texts(role) == []


@pytest.mark.req("S98", by="workflows.admission:_closed")
def test_a_program_starts_only_for_the_source_it_names(world: World, crm: Crm) -> None:
    with world.begin() as session:
        source = PROGRAM.replace("trigger:", "open_to: {sources: [ehr]}\ntrigger:", 1)
        publishing.publish(session, source, actor="system")

    _, told = crm.post(crm.start())

    assert told["verdict"] == "not_open"
    assert world.texts("story") == []
    world.no_show("story")
    assert len(world.texts("story")) == 1


@pytest.mark.req("S105", by="workflows.pilot:terms_of")
@pytest.mark.req("S106", by="workflows.pilot:_another")
def test_while_one_source_is_piloted_no_other_starts_and_no_run_beyond_the_last(world: World, crm: Crm) -> None:
    with world.begin() as session:
        terms = {
            "runs": 2,
            "review_all": 1,
            "sample_every": 2,
            "min_reviewed": 1,
            "pass_rate": 0.2,
            "team": "front_office",
        }
        session.execute(update(Organisation).values(settings={"pilot": terms, "slack_baa": True}))

    world.no_show("story")
    _, told = crm.post(crm.start(patient={"ehr_id": world.person("elsewhere").patient}))
    world.no_show("silent")
    world.no_show("close")

    assert told["verdict"] == "pilot_locked"
    assert [len(world.texts(role)) for role in ("story", "silent", "close", "elsewhere")] == [1, 1, 0, 0]
    assert "2 of 2 runs" in world.command(FRANK, world.channel("front_office"), "pilot")


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff\xfe", b'{"id": 1', b"[" * 9000, b"x" * 20_000])
def test_rubbish_is_answered_and_never_a_500(crm: Crm, raw: bytes) -> None:
    assert crm.post(None, raw=raw)[0] in (413, 422)
