"""FHIR's small shapes: ids, references, instants, versions, identifiers."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from core.errors import Permanent

Resource = dict[str, Any]
Identifier = tuple[str, str]  # system, value

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?$")


def is_id(value: object) -> bool:
    """True for a FHIR id that can stand in an address (the all-dots ids are legal FHIR and refused here)."""
    return isinstance(value, str) and bool(_ID.fullmatch(value)) and bool(value.strip("."))


def is_type(value: object) -> bool:
    """True for something that looks like a resource type."""
    return isinstance(value, str) and bool(_TYPE.fullmatch(value))


def split_reference(reference: object) -> tuple[str, str] | None:
    """Take (type, id) from a relative, absolute or versioned reference; None for anything else."""
    if not isinstance(reference, str):
        return None
    found = _REFERENCE.search(reference)
    return (found[1], found[2]) if found and is_id(found[2]) else None


def referred_id(element: object, resource_type: str) -> str | None:
    """Take the id out of a Reference element, if it points to `resource_type`."""
    found = split_reference(element.get("reference")) if isinstance(element, dict) else None
    return found[1] if found and found[0] == resource_type else None


def instant(value: object) -> datetime | None:
    """Read a FHIR instant or dateTime with a time and an offset into aware UTC; None for anything less."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def fhir_time(at: datetime) -> str:
    """Write an aware time as a FHIR instant in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def version_of(resource: Resource) -> str | None:
    """The version to name in If-Match; None when the server gave none."""
    version = as_dict(resource.get("meta")).get("versionId")
    return version if is_id(version) else None


def carries(resource: Resource, identifier: Identifier) -> bool:
    """True when the record has this identifier (one object or a list of them, as R4 types differ)."""
    held = resource.get("identifier")
    listed = [held] if isinstance(held, dict) else dicts(held)
    return any((one.get("system"), one.get("value")) == identifier for one in listed)


def identifier_token(identifier: Identifier) -> str:
    """Write `system|value` for a token search, with FHIR's separators escaped (R4 search, 3.1.1.4.0.1)."""
    return "|".join(re.sub(r"([\\,$|])", r"\\\1", part) for part in identifier)


def identifier_query(identifier: Identifier) -> str:
    """The search `identifier=system|value`, ready for If-None-Exist."""
    return "identifier=" + quote(identifier_token(identifier), safe=":/|")


def dicts(value: object) -> list[Resource]:
    """The objects of a list; nothing when it is not a list. Charts hold odd shapes."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def as_dict(value: object) -> Resource:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def text_or_none(value: object) -> str | None:
    """A trimmed text, or None for an empty or different thing."""
    return (value.strip() or None) if isinstance(value, str) else None


def required_id(resource: Resource, resource_type: str) -> str:
    """Check type and id of a resource. Raises `Permanent` naming the field."""
    if resource.get("resourceType") != resource_type:
        raise Permanent(f"The EHR's record is not of type {resource_type}: resourceType", code="wrong-type")
    if not is_id(resource.get("id")):
        raise Permanent(f"{resource_type} has no readable id", code="unreadable")
    return str(resource["id"])
