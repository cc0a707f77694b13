"""What an EHR posts when something changed. A hint only: the record is read again from the address we configured."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import Permanent
from integrations.ehr.references import Resource, as_dict, dicts, is_id, is_type, split_reference

_BUNDLES = ("history", "subscription-notification")


class Kind(StrEnum):
    """Why the EHR called."""

    HANDSHAKE = "handshake"
    HEARTBEAT = "heartbeat"
    EVENT = "event"


_KINDS = {
    "handshake": Kind.HANDSHAKE,
    "heartbeat": Kind.HEARTBEAT,
    "query-status": Kind.HEARTBEAT,
    "event-notification": Kind.EVENT,
    "query-event": Kind.EVENT,
}


@dataclass(frozen=True, slots=True)
class Focus:
    """A record that changed: read it again."""

    type: str
    id: str


def kind(body: Resource) -> Kind:
    """Say why the EHR called: plain resource, {} (rest-hook without payload) or Backport bundle of R4 and R4B.

    Raises `Permanent` for any other shape.
    """
    if body.get("resourceType") != "Bundle":
        _plain(body)
        return Kind.EVENT
    found = _KINDS.get(_status_type(_status(body)))
    if found is None:
        raise Permanent("The EHR's notification is of an unknown type", code="unreadable")
    return found


def focuses(body: Resource) -> list[Focus]:
    """List the records an event is about, each once, in order; empty when the EHR does not say (then poll).

    Raises `Permanent` for a shape that `kind` refuses, or a focus that cannot be read.
    """
    if kind(body) is not Kind.EVENT:
        return []
    if body.get("resourceType") != "Bundle":
        return _plain(body)
    named = _named(_status(body)) or _carried(body)
    return list(dict.fromkeys(named))


def _plain(body: Resource) -> list[Focus]:
    if not body:
        return []
    if not is_type(body.get("resourceType")) or not is_id(body.get("id")):
        raise Permanent("The EHR's notification is not a FHIR record", code="unreadable")
    return [Focus(body["resourceType"], body["id"])]


def _status(bundle: Resource) -> Resource:
    entries = dicts(bundle.get("entry"))
    status = as_dict(entries[0].get("resource")) if entries else {}
    if bundle.get("type") not in _BUNDLES or status.get("resourceType") not in ("Parameters", "SubscriptionStatus"):
        raise Permanent("The EHR's notification bundle does not start with a subscription status", code="unreadable")
    return status


def _status_type(status: Resource) -> str:
    if status["resourceType"] == "SubscriptionStatus":
        return str(status.get("type"))
    return next((str(one.get("valueCode")) for one in _parameters(status, "type")), "")


def _named(status: Resource) -> list[Focus]:
    if status["resourceType"] == "SubscriptionStatus":
        references = [one["focus"] for one in dicts(status.get("notificationEvent")) if "focus" in one]
    else:
        parts = [part for one in _parameters(status, "notification-event") for part in dicts(one.get("part"))]
        references = [part.get("valueReference") for part in parts if part.get("name") == "focus"]
    return [_focus(as_dict(reference).get("reference")) for reference in references]


def _carried(bundle: Resource) -> list[Focus]:
    found = []
    for entry in dicts(bundle.get("entry"))[1:]:
        resource = as_dict(entry.get("resource"))
        if resource:
            found += _plain(resource)
        else:
            found.append(_focus(entry.get("fullUrl") or as_dict(entry.get("request")).get("url")))
    return found


def _focus(reference: object) -> Focus:
    found = split_reference(reference)
    if found is None:
        raise Permanent("The EHR's notification names a record that cannot be read: focus", code="unreadable")
    return Focus(*found)


def _parameters(status: Resource, name: str) -> list[Resource]:
    return [one for one in dicts(status.get("parameter")) if one.get("name") == name]
