"""FHIR R4 into facts. Odd optional fields become None; a bad required one raises Permanent naming the field only."""

import re
from datetime import date, datetime

import phonenumbers

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
from workflows.ehr_facts import AppointmentFact, PatientFact, PhoneFact, SlotFact

GENDERS = ("female", "male", "other", "unknown")
_NO_RANK = 10_000
_USES = ("mobile", "home", "work", "temp")
_NAME_USES = ("official", "usual", None, "temp", "nickname", "anonymous")
_STATUS = re.compile(r"[a-z][a-z-]{1,30}")
_LANGUAGES = {
    "arabic": "ar",
    "ara": "ar",
    "chinese": "zh",
    "chi": "zh",
    "zho": "zh",
    "english": "en",
    "eng": "en",
    "french": "fr",
    "fra": "fr",
    "fre": "fr",
    "haitian creole": "ht",
    "hat": "ht",
    "korean": "ko",
    "kor": "ko",
    "portuguese": "pt",
    "por": "pt",
    "russian": "ru",
    "rus": "ru",
    "spanish": "es",
    "spa": "es",
    "español": "es",
    "espanol": "es",
    "castilian": "es",
    "vietnamese": "vi",
    "vie": "vi",
}


SENSITIVE = {
    "ETH": "sud", "ETHUD": "sud", "OPIOIDUD": "sud", "SUD": "sud", "HIV": "hiv", "SEX": "reproductive", "STD": "reproductive",
    "PSY": "behavioral", "PSYTHPN": "behavioral", "BH": "behavioral", "MH": "behavioral",
}  # fmt: skip


def patient_fact(resource: Resource, *, mrn_system: str | None = None, region: str = "US") -> PatientFact:
    """Read a Patient; `region` is for numbers written without a country, `mrn_system` picks among several MRNs."""
    ehr_id = required_id(resource, "Patient")
    name = _best_name(resource)
    given = name.get("given")
    address = _home(resource)
    zip_code = re.match(r"\s*(\d{5})(?!\d)", text_or_none(address.get("postalCode")) or "")
    tags = {text_or_none(tag.get("code")) for tag in dicts(as_dict(resource.get("meta")).get("tag"))}
    return PatientFact(
        ehr_id=ehr_id,
        mrn=_mrn(resource, mrn_system),
        family=text_or_none(name.get("family")),
        given=text_or_none(given[0]) if isinstance(given, list) and given else None,
        phones=_phones(resource, region),
        email=_email(resource),
        birth_date=_day(resource.get("birthDate")),
        language=_language(resource),
        zip=zip_code[1] if zip_code else None,
        state=text_or_none(address.get("state")),
        active=resource.get("active") is not False,
        deceased=resource.get("deceasedBoolean") is True or bool(resource.get("deceasedDateTime")),
        version=version_of(resource),
        do_not_contact="do-not-contact" in tags,
        transferred="transferred" in tags,
        gender=gender if (gender := resource.get("gender")) in GENDERS else None,
        sensitive=_sensitive(resource),
    )


def _sensitive(resource: Resource) -> tuple[str, ...]:
    """The protected classes that the chart's security labels name (HL7 v3-ActCode, the InformationSensitivityPolicy codes)."""
    codes = {text_or_none(label.get("code")) for label in dicts(as_dict(resource.get("meta")).get("security"))}
    return tuple(sorted({SENSITIVE[code] for code in codes if code in SENSITIVE}))


def appointment_fact(resource: Resource) -> AppointmentFact:
    """Read an Appointment of one patient. Required: id, status, a Patient participant; times, when there, readable."""
    ehr_id = required_id(resource, "Appointment")
    actors = [as_dict(one.get("actor")) for one in dicts(resource.get("participant"))]
    patients = {found for actor in actors if (found := referred_id(actor, "Patient"))}
    if len(patients) != 1:
        raise Permanent("Appointment does not name exactly one patient: participant", code="unreadable")
    slots = (referred_id(slot, "Slot") for slot in dicts(resource.get("slot")))
    wanted = next(iter(dicts(resource.get("requestedPeriod"))), {})
    return AppointmentFact(
        ehr_id=ehr_id,
        patient_ehr_id=patients.pop(),
        status=_status(resource),
        start=_time(resource, "start"),
        end=_time(resource, "end"),
        kind=_kind(resource),
        practitioner_ehr_id=next((i for actor in actors if (i := referred_id(actor, "Practitioner"))), None),
        location_ehr_id=next((i for actor in actors if (i := referred_id(actor, "Location"))), None),
        slot_ehr_ids=tuple(slot for slot in slots if slot),
        version=version_of(resource),
        updated_at=instant(as_dict(resource.get("meta")).get("lastUpdated")),
        wanted_from=instant(wanted.get("start")),
        wanted_until=instant(wanted.get("end")),
    )


def slot_fact(resource: Resource, *, practitioner_ehr_id: str | None = None) -> SlotFact:
    """Read a Slot; the practitioner stands in its Schedule (see `schedule_practitioner`). All else is required."""
    ehr_id = required_id(resource, "Slot")
    schedule = referred_id(resource.get("schedule"), "Schedule")
    if schedule is None:
        raise Permanent("Slot names no schedule: schedule", code="unreadable")
    start, end = _time(resource, "start"), _time(resource, "end")
    if start is None or end is None or end <= start:
        raise Permanent("Slot has no readable time: start, end", code="unreadable")
    return SlotFact(
        ehr_id=ehr_id,
        schedule_ehr_id=schedule,
        practitioner_ehr_id=practitioner_ehr_id,
        start=start,
        end=end,
        status=_status(resource),
        version=version_of(resource),
    )


def schedule_practitioner(resource: Resource) -> tuple[str, str | None]:
    """Read (schedule id, practitioner id or None) from a Schedule."""
    ehr_id = required_id(resource, "Schedule")
    actors = (referred_id(actor, "Practitioner") for actor in dicts(resource.get("actor")))
    return ehr_id, next((actor for actor in actors if actor), None)


def group_members(resource: Resource) -> tuple[str, str, tuple[str, ...]]:
    """Read (id, name, patient ids) of an actual Group of persons; members marked inactive are left out."""
    ehr_id = required_id(resource, "Group")
    if resource.get("actual") is not True or resource.get("type") != "person":
        raise Permanent("Group is no list of actual persons: actual, type", code="unreadable")
    listed = [one for one in dicts(resource.get("member")) if one.get("inactive") is not True]
    found = (referred_id(one.get("entity"), "Patient") for one in listed)
    return ehr_id, text_or_none(resource.get("name")) or ehr_id, tuple(one for one in found if one)


def practitioner_name(resource: Resource) -> str | None:
    """How staff call a practitioner: "Dr. Ngozi Okafor", or the text the chart has; None without a name."""
    name = _best_name(resource)
    given = [*(name.get("prefix") or []), *(name.get("given") or []), name.get("family")]
    parts = [text for text in map(text_or_none, given) if text]
    return " ".join(parts) or text_or_none(name.get("text"))


def language_code(value: object) -> str | None:
    """Turn "es", "spa", "es-MX" or "Spanish" into "es"; another tag into its first part, an unknown text into None."""
    text = (text_or_none(value) or "").lower().replace("_", "-")
    if text in _LANGUAGES:
        return _LANGUAGES[text]
    primary = re.split(r"[-,;(]", text)[0].strip()
    if primary in _LANGUAGES:
        return _LANGUAGES[primary]
    return primary if re.fullmatch(r"[a-z]{2,3}", primary) else None


def _status(resource: Resource) -> str:
    status = resource.get("status")
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        raise Permanent(f"{resource['resourceType']} has no readable status", code="unreadable")
    return status


def _time(resource: Resource, name: str) -> datetime | None:
    if resource.get(name) is None:
        return None
    read = instant(resource[name])
    if read is None:
        raise Permanent(f"{resource['resourceType']} has an unreadable time: {name}", code="unreadable")
    return read


def _concept(concept: object) -> str | None:
    found = as_dict(concept)
    codings = dicts(found.get("coding"))
    shown = next((t for coding in codings if (t := text_or_none(coding.get("display")))), None)
    return text_or_none(found.get("text")) or shown or (text_or_none(codings[0].get("code")) if codings else None)


def _kind(resource: Resource) -> str | None:
    listed = [*dicts(resource.get("serviceType")), as_dict(resource.get("appointmentType"))]
    return next((kind for concept in listed if (kind := _concept(concept))), None)


def _current(elements: object) -> list[Resource]:
    """Leave out what the chart marks as former: whoever has that number now must not learn of the visit."""
    return [one for one in dicts(elements) if one.get("use") != "old" and not as_dict(one.get("period")).get("end")]


def _best_name(resource: Resource) -> Resource:
    names = [name for name in dicts(resource.get("name")) if name.get("use") in _NAME_USES]
    return min(names, key=lambda name: _NAME_USES.index(name.get("use")), default={})


def _home(resource: Resource) -> Resource:
    addresses = _current(resource.get("address"))
    return next((one for one in addresses if one.get("use") == "home"), addresses[0] if addresses else {})


def _mrn(resource: Resource, system: str | None) -> str | None:
    for one in dicts(resource.get("identifier")):
        codes = {coding.get("code") for coding in dicts(as_dict(one.get("type")).get("coding"))}
        if one.get("use") == "old":
            continue
        if one.get("system") == system if system else "MR" in codes:
            return text_or_none(one.get("value"))
    return None


def _phones(resource: Resource, region: str) -> tuple[PhoneFact, ...]:
    found = [phone for one in _current(resource.get("telecom")) if (phone := _phone(one, region))]
    found.sort(key=lambda p: (p.use != "mobile", p.rank or _NO_RANK, _USES.index(p.use) if p.use in _USES else 9))
    best: dict[str, PhoneFact] = {}
    for phone in found:
        best.setdefault(phone.number, phone)
    return tuple(best.values())


def _phone(telecom: Resource, region: str) -> PhoneFact | None:
    raw = text_or_none(telecom.get("value"))
    if raw is None or telecom.get("system") not in ("phone", "sms"):
        return None
    use = "mobile" if telecom["system"] == "sms" else text_or_none(telecom.get("use"))
    rank = telecom.get("rank")
    rank = rank if isinstance(rank, int) and not isinstance(rank, bool) and rank > 0 else None
    try:
        parsed = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return PhoneFact(raw, use, rank, e164=False)
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        return PhoneFact(raw, use, rank, e164=False)
    return PhoneFact(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), use, rank)


def _email(resource: Resource) -> str | None:
    mails = (one.get("value") for one in _current(resource.get("telecom")) if one.get("system") == "email")
    return next((mail for value in mails if (mail := text_or_none(value)) and "@" in mail), None)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _language(resource: Resource) -> str | None:
    listed = sorted(dicts(resource.get("communication")), key=lambda one: one.get("preferred") is not True)
    for one in listed:
        concept = as_dict(one.get("language"))
        said = [coding.get("code") for coding in dicts(concept.get("coding"))]
        said += [concept.get("text"), *(coding.get("display") for coding in dicts(concept.get("coding")))]
        if code := next((code for value in said if (code := language_code(value))), None):
            return code
    return None
