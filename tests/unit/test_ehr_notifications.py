"""What EHRs post when something changed: plain records, R4 and R4B Backport bundles, and rubbish."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Permanent
from integrations.ehr.notifications import Focus, Kind, focuses, kind

A1 = Focus("Appointment", "a1")


def r4(topic_kind: str, *, focus: str | None = None, extra: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": "Subscription/1"}},
        {"name": "type", "valueCode": topic_kind},
    ]
    if focus:
        part = [{"name": "event-number", "valueString": "2"}, {"name": "focus", "valueReference": {"reference": focus}}]
        parameters.append({"name": "notification-event", "part": part})
    status = {"resourceType": "Parameters", "parameter": parameters}
    return {"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}, *extra]}


def r4b(topic_kind: str, *references: str) -> dict[str, Any]:
    events = [{"eventNumber": "1", "focus": {"reference": reference}} for reference in references]
    status = {"resourceType": "SubscriptionStatus", "type": topic_kind, "notificationEvent": events}
    return {"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"resourceType": "Appointment", "id": "a1", "status": "noshow"}, [A1]),
        ({}, []),
        (r4("event-notification", focus="Appointment/a1"), [A1]),
        (r4("event-notification", focus="https://ehr.example/fhir/Appointment/a1/_history/2"), [A1]),
        (r4("event-notification", extra=({"resource": {"resourceType": "Appointment", "id": "a1"}},)), [A1]),
        (r4("event-notification", extra=({"fullUrl": "https://e.example/Appointment/a1"},)), [A1]),
        (r4("event-notification", extra=({"request": {"method": "PUT", "url": "Appointment/a1"}},)), [A1]),
        (r4("event-notification"), []),
        (r4b("event-notification", "Appointment/a1", "Patient/p1", "Appointment/a1"), [A1, Focus("Patient", "p1")]),
    ],
)
def test_an_event_names_the_records_to_read_again(body: dict[str, Any], expected: list[Focus]) -> None:
    assert kind(body) is Kind.EVENT
    assert focuses(body) == expected


@pytest.mark.parametrize("make", [r4, r4b])
@pytest.mark.parametrize(
    ("said", "expected"),
    [("handshake", Kind.HANDSHAKE), ("heartbeat", Kind.HEARTBEAT), ("query-status", Kind.HEARTBEAT)],
)
def test_a_call_without_news_has_no_records(make: Any, said: str, expected: Kind) -> None:
    assert kind(make(said)) is expected
    assert focuses(make(said)) == []


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Appointment"},
        {"resourceType": "Appointment", "id": "../../x"},
        {"resourceType": 7, "id": "x"},
        {"hello": "world"},
        {"resourceType": "Bundle", "type": "history"},
        {"resourceType": "Bundle", "type": "searchset", "entry": r4("handshake")["entry"]},
        {"resourceType": "Bundle", "type": "history", "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}]},
        r4("surprise"),
        r4b("event-notification", "nonsense"),
        r4("event-notification", extra=({"resource": {"resourceType": "Appointment"}},)),
    ],
)
def test_a_bad_shape_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Permanent):
        focuses(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "id", "type", "entry", "resource", "parameter", "name", "focus"]), inner
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["resourceType", "id", "type", "entry"]), JSON))
def test_any_json_object_is_read_or_plainly_refused(body: dict[str, Any]) -> None:
    try:
        found = focuses(body)
    except Permanent:
        return
    assert all(isinstance(focus, Focus) for focus in found)
