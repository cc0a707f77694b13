"""What the chart tells about itself at /metadata; every line is true of the code beside it."""

from typing import Any

from sandbox.ehr.search import EVERYWHERE, PARAMETERS

DATES = {"_lastUpdated", "date", "start", "birthdate", "authored-on", "modified", "sent", "received", "onset-date"}
STRINGS = {"name", "family", "given", "address-postalcode"}
REFERENCES = {
    "actor",
    "patient",
    "practitioner",
    "location",
    "slot",
    "schedule",
    "subject",
    "focus",
    "owner",
    "appointment",
    "recipient",
    "sender",
    "based-on",
}


def statement(base_url: str, profile: str, *, at: str) -> dict[str, Any]:
    """The CapabilityStatement for a profile: full, no-transactions or read-only."""
    rest: dict[str, Any] = {
        "mode": "server",
        "security": {"description": "Bearer token on every request but this one."},
        "resource": [_resource(kind, writable=profile != "read-only") for kind in sorted(PARAMETERS)],
    }
    if profile == "full":
        rest["interaction"] = [{"code": "transaction"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at,
        "kind": "instance",
        "software": {"name": "Careloop sandbox chart"},
        "implementation": {"description": "Synthetic patients only", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [rest],
    }


def _resource(kind: str, *, writable: bool) -> dict[str, Any]:
    codes = ["read", "vread", "history-instance", "search-type"] + (["create", "update", "delete"] if writable else [])
    return {
        "type": kind,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update" if writable else "versioned",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": writable,
        "conditionalRead": "not-supported",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchParam": [{"name": name, "type": _type_of(name)} for name in sorted({**EVERYWHERE, **PARAMETERS[kind]})],
    }


def _type_of(name: str) -> str:
    if name in DATES:
        return "date"
    if name in STRINGS:
        return "string"
    return "reference" if name in REFERENCES else "token"
