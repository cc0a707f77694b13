"""FHIR search over current resources: tokens, references, dates, strings; OR by comma, AND by repetition."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sandbox.ehr.checks import Resource
from sandbox.ehr.refusals import FhirError

Test = Callable[[Resource, str], bool]
PREFIXES = ("eq", "ne", "ge", "le", "gt", "lt", "sa", "eb")


@dataclass(frozen=True)
class Span:
    """A stretch of time, half open: a day, a second, a millisecond, or a period (open ends are far away)."""

    low: datetime
    high: datetime


FAR = Span(datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def dig(value: object, path: str) -> Iterator[Any]:
    """Every value at a dotted path, lists unfolded."""
    head, _, rest = path.partition(".")
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict) or head not in item:
            continue
        for found in item[head] if isinstance(item[head], list) else [item[head]]:
            if rest:
                yield from dig(found, rest)
            else:
                yield found


def token(*paths: str) -> Test:
    """code, system|code, |code or system| against codes, Codings, CodeableConcepts, Identifiers, ContactPoints."""

    def test(resource: Resource, wanted: str) -> bool:
        system, bar, code = wanted.rpartition("|")
        for path in paths:
            for found in dig(resource, path):
                for has_system, has_code in _pairs(found):
                    if (not code or code == has_code) and (not bar or system == has_system):
                        return True
        return False

    return test


def reference(*paths: str, to: str = "") -> Test:
    """Type/id, a bare id, or an absolute address ending so; `to` keeps only targets of that type."""

    def test(resource: Resource, wanted: str) -> bool:
        asked = "/".join(wanted.split("/")[-2:])
        for path in paths:
            for found in dig(resource, f"{path}.reference"):
                target = "/".join(str(found).split("/")[-2:])
                if to and not target.startswith(f"{to}/"):
                    continue
                if asked == target or ("/" not in asked and target.endswith(f"/{asked}")):
                    return True
        return False

    return test


def string(*paths: str) -> Test:
    """Starts with, ignoring case, as R4 says for plain string parameters."""

    def test(resource: Resource, wanted: str) -> bool:
        values = (found for path in paths for found in dig(resource, path))
        return any(str(found).casefold().startswith(wanted.casefold()) for found in values)

    return test


def when(*paths: str) -> Test:
    """A date with its prefix (eq ne ge le gt lt sa eb); a date without a zone is a day in UTC."""

    def test(resource: Resource, wanted: str) -> bool:
        prefix = wanted[:2] if wanted[:2] in PREFIXES else "eq"
        asked = span(wanted.removeprefix(prefix) if wanted[:2] in PREFIXES else wanted)
        spans = (_span_of(found) for path in paths for found in dig(resource, path))
        return any(_compare(prefix, has, asked) for has in spans)

    return test


@lru_cache(maxsize=20_000)
def span(raw: str) -> Span:
    """The stretch a FHIR date, dateTime or instant covers; FhirError 400 when it is none."""
    text = raw.replace(" ", "+")  # a plus sign that was not percent-encoded
    try:
        if len(text) == 4:
            return Span(datetime(int(text), 1, 1, tzinfo=UTC), datetime(int(text) + 1, 1, 1, tzinfo=UTC))
        if len(text) == 7:
            first = datetime.fromisoformat(f"{text}-01").replace(tzinfo=UTC)
            return Span(first, (first + timedelta(days=32)).replace(day=1))
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise FhirError(400, "value", "a date cannot be read") from error
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    width = timedelta(days=1) if len(text) == 10 else timedelta(milliseconds=1)
    return Span(start, start + width)


def _span_of(found: object) -> Span:
    if isinstance(found, dict):
        low = span(found["start"]).low if "start" in found else FAR.low
        high = span(found["end"]).high if "end" in found else FAR.high
        return Span(low, high)
    return span(str(found))


def _compare(prefix: str, has: Span, asked: Span) -> bool:
    inside = has.low >= asked.low and has.high <= asked.high
    answers = {
        "eq": inside,
        "ne": not inside,
        "gt": has.high > asked.high,
        "lt": has.low < asked.low,
        "ge": has.high > asked.high or inside,
        "le": has.low < asked.low or inside,
        "sa": has.low >= asked.high,
        "eb": has.high <= asked.low,
    }
    return answers[prefix]


def _pairs(found: object) -> Iterator[tuple[str, str]]:
    """(system, code) of whatever carries a code."""
    if isinstance(found, bool):
        yield "", str(found).lower()
    elif isinstance(found, str):
        yield "", found
    elif isinstance(found, dict):
        for coding in found.get("coding", [found]):
            yield coding.get("system", ""), coding.get("code", coding.get("value", ""))


EVERYWHERE: dict[str, Test] = {
    "_id": token("id"),
    "_lastUpdated": when("meta.lastUpdated"),
    "identifier": token("identifier"),
}
PEOPLE = {
    "active": token("active"),
    "name": string("name.family", "name.given", "name.text"),
    "family": string("name.family"),
    "given": string("name.given"),
}
PARAMETERS: dict[str, dict[str, Test]] = {
    "Patient": {
        **PEOPLE,
        "birthdate": when("birthDate"),
        "gender": token("gender"),
        "phone": token("telecom"),
        "telecom": token("telecom"),
        "address-postalcode": string("address.postalCode"),
    },
    "Practitioner": PEOPLE,
    "Location": {"name": string("name", "alias"), "status": token("status")},
    "Schedule": {"actor": reference("actor"), "active": token("active"), "date": when("planningHorizon")},
    "Slot": {
        "schedule": reference("schedule"),
        "start": when("start"),
        "status": token("status"),
        "service-type": token("serviceType"),
    },
    "Appointment": {
        "patient": reference("participant.actor", to="Patient"),
        "practitioner": reference("participant.actor", to="Practitioner"),
        "location": reference("participant.actor", to="Location"),
        "actor": reference("participant.actor"),
        "date": when("start"),
        "status": token("status"),
        "slot": reference("slot"),
        "service-type": token("serviceType"),
        "appointment-type": token("appointmentType"),
    },
    "Encounter": {
        "patient": reference("subject", to="Patient"),
        "subject": reference("subject"),
        "appointment": reference("appointment"),
        "date": when("period"),
        "status": token("status"),
        "class": token("class"),
    },
    "Condition": {
        "patient": reference("subject", to="Patient"),
        "subject": reference("subject"),
        "code": token("code"),
        "clinical-status": token("clinicalStatus"),
        "verification-status": token("verificationStatus"),
        "onset-date": when("onsetDateTime", "onsetPeriod"),
    },
    "Observation": {
        "patient": reference("subject", to="Patient"),
        "subject": reference("subject"),
        "code": token("code"),
        "status": token("status"),
        "date": when("effectiveDateTime", "effectivePeriod"),
    },
    "Procedure": {
        "patient": reference("subject", to="Patient"),
        "subject": reference("subject"),
        "code": token("code"),
        "status": token("status"),
        "date": when("performedDateTime", "performedPeriod"),
    },
    "Task": {
        "patient": reference("for", to="Patient"),
        "subject": reference("for"),
        "focus": reference("focus"),
        "owner": reference("owner"),
        "status": token("status"),
        "code": token("code"),
        "intent": token("intent"),
        "priority": token("priority"),
        "business-status": token("businessStatus"),
        "authored-on": when("authoredOn"),
        "modified": when("lastModified"),
    },
    "Communication": {
        "patient": reference("subject", to="Patient"),
        "subject": reference("subject"),
        "recipient": reference("recipient"),
        "sender": reference("sender"),
        "based-on": reference("basedOn"),
        "status": token("status"),
        "category": token("category"),
        "sent": when("sent"),
        "received": when("received"),
    },
}
SORTS: dict[str, dict[str, str]] = {
    "Patient": {"birthdate": "birthDate", "family": "name.family"},
    "Practitioner": {"family": "name.family"},
    "Location": {"name": "name"},
    "Schedule": {},
    "Slot": {"start": "start", "status": "status"},
    "Appointment": {"date": "start", "status": "status"},
    "Encounter": {"date": "period.start"},
    "Condition": {"onset-date": "onsetDateTime"},
    "Observation": {"date": "effectiveDateTime"},
    "Procedure": {"date": "performedDateTime"},
    "Task": {"authored-on": "authoredOn", "modified": "lastModified", "status": "status"},
    "Communication": {"sent": "sent", "received": "received"},
}


def parameters(kind: str) -> dict[str, Test]:
    """Search parameters of a resource type, those of every type included."""
    return {**EVERYWHERE, **PARAMETERS[kind]}
