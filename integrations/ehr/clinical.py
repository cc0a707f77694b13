"""The clinical records of FHIR R4 into facts: codes, states and dates; displays, notes and reports stay where they are."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from core.errors import Permanent
from integrations.ehr.references import (
    Resource,
    as_dict,
    dicts,
    instant,
    referred_id,
    required_id,
    text_or_none,
    version_of,
)
from workflows.ehr_facts import ClinicalFact

_WRONG = ("entered-in-error", "refuted")
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def clinical_fact(resource: Resource, *, zone: ZoneInfo) -> ClinicalFact:
    """Read a record of one of KINDS; a date without a time is that day's beginning in `zone`. Raises `Permanent` naming the field."""
    kind = str(resource.get("resourceType"))
    if kind not in _READERS:
        raise Permanent("Not a clinical record: resourceType", code="wrong-type")
    required_id(resource, kind)
    if referred_id(resource.get("subject"), "Patient") is None:
        raise Permanent(f"{kind} names no patient: subject", code="unreadable")
    return _READERS[kind](resource, zone)


def moment(value: object, zone: ZoneInfo) -> datetime | None:
    """A FHIR dateTime as an instant, UTC: a bare year, month or day begins at midnight in the clinic's zone."""
    exact = instant(value)
    if exact is not None:
        return exact
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        return datetime.combine(datetime(year, month, day, tzinfo=UTC).date(), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _condition(resource: Resource, zone: ZoneInfo) -> ClinicalFact:
    verified = _first_code(resource.get("verificationStatus"))
    clinical = _first_code(resource.get("clinicalStatus"))
    onset = moment(resource.get("onsetDateTime"), zone) or _period(resource, "onsetPeriod", zone)[0]
    recorded = moment(resource.get("recordedDate"), zone)
    return _fact(
        resource,
        status=verified if verified in _WRONG else clinical or "unknown",
        codes=_codings(resource.get("code")),
        at=onset or recorded,
        until=moment(resource.get("abatementDateTime"), zone),
        recorded_at=recorded,
    )


def _observation(resource: Resource, zone: ZoneInfo) -> ClinicalFact:
    quantity = as_dict(resource.get("valueQuantity"))
    number = quantity.get("value")
    start, end = _period(resource, "effectivePeriod", zone)
    return _fact(
        resource,
        status=_status(resource),
        codes=_codings(resource.get("code")),
        at=moment(resource.get("effectiveDateTime"), zone) or start,
        until=end,
        recorded_at=moment(resource.get("issued"), zone),
        value=float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None,
        unit=text_or_none(quantity.get("code")) or text_or_none(quantity.get("unit")),
    )


def _encounter(resource: Resource, zone: ZoneInfo) -> ClinicalFact:
    start, end = _period(resource, "period", zone)
    stay = as_dict(resource.get("hospitalization"))
    return _fact(
        resource,
        status=_status(resource),
        codes=tuple(pair for concept in dicts(resource.get("type")) for pair in _codings(concept)),
        at=start,
        until=end,
        class_code=text_or_none(as_dict(resource.get("class")).get("code")),
        disposition=_first_code(stay.get("dischargeDisposition")),
    )


def _procedure(resource: Resource, zone: ZoneInfo) -> ClinicalFact:
    start, end = _period(resource, "performedPeriod", zone)
    at = moment(resource.get("performedDateTime"), zone) or start
    return _fact(
        resource, status=_status(resource), codes=_codings(resource.get("code")), at=at, until=end or at,
        within_ehr_id=referred_id(resource.get("encounter"), "Encounter"),
    )  # fmt: skip


_READERS: dict[str, Callable[[Resource, ZoneInfo], ClinicalFact]] = {
    "Condition": _condition,
    "Observation": _observation,
    "Encounter": _encounter,
    "Procedure": _procedure,
}
KINDS = tuple(_READERS)


def _fact(
    resource: Resource,
    *,
    status: str,
    codes: tuple[tuple[str, str], ...],
    at: datetime | None,
    until: datetime | None = None,
    recorded_at: datetime | None = None,
    class_code: str | None = None,
    disposition: str | None = None,
    within_ehr_id: str | None = None,
    value: float | None = None,
    unit: str | None = None,
) -> ClinicalFact:
    return ClinicalFact(
        resource=str(resource["resourceType"]),
        ehr_id=str(resource["id"]),
        patient_ehr_id=referred_id(resource.get("subject"), "Patient") or "",
        status=status,
        codes=tuple(dict.fromkeys(codes)),
        at=at,
        until=until,
        recorded_at=recorded_at,
        class_code=class_code,
        disposition=disposition,
        within_ehr_id=within_ehr_id,
        value=value,
        unit=unit,
        version=version_of(resource),
        updated_at=instant(as_dict(resource.get("meta")).get("lastUpdated")),
    )


def _status(resource: Resource) -> str:
    return text_or_none(resource.get("status")) or "unknown"


def _codings(concept: object) -> tuple[tuple[str, str], ...]:
    """(system, code) of a CodeableConcept; a coding without either says nothing to SQL."""
    pairs = (
        (text_or_none(one.get("system")), text_or_none(one.get("code")))
        for one in dicts(as_dict(concept).get("coding"))
    )
    return tuple((system, code) for system, code in pairs if system and code)


def _first_code(concept: object) -> str | None:
    return next(
        (code for one in dicts(as_dict(concept).get("coding")) if (code := text_or_none(one.get("code")))), None
    )


def _period(resource: Resource, name: str, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    period = as_dict(resource.get(name))
    return moment(period.get("start"), zone), moment(period.get("end"), zone)
