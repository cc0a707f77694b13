"""FHIR R4 over HTTP: thin, synchronous, versioned. Dicts in and out; what they mean is `mapping` and `writes`."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import httpx

from core.errors import Conflict, Permanent, Temporary, Unknown
from integrations.ehr.answers import json_object, ok_or_raise, raise_transport
from integrations.ehr.references import (
    Identifier,
    Resource,
    as_dict,
    carries,
    dicts,
    identifier_query,
    identifier_token,
    is_id,
    is_type,
    required_id,
    split_reference,
    version_of,
)
from integrations.origins import checked_base_url, is_loopback

_MAX_PAGES = 200
_JSON = "application/fhir+json"
Params = Mapping[str, str | int | list[str]]


@runtime_checkable
class CachedToken(Protocol):
    """A token source that keeps its token; `drop` is called when the EHR refused it, before it is asked again."""

    def __call__(self) -> str: ...

    def drop(self) -> None:
        """Forget the token: the next call fetches another."""


@dataclass(frozen=True, slots=True)
class Written:
    """A record as the EHR keeps it after a write; `already_there` when an earlier attempt had made it."""

    resource: Resource = field(repr=False)
    version: str | None
    already_there: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server says it can do; `interactions` by resource type, e.g. {"Task": {"read", "update"}}."""

    fhir_version: str
    transactions: bool
    interactions: Mapping[str, frozenset[str]]

    def allows(self, resource_type: str, interaction: str) -> bool:
        """True when the server lists this interaction ("read", "search-type", "create", "update") for the type."""
        return interaction in self.interactions.get(resource_type, frozenset())


class FhirClient:
    """One EHR. Safe to share between threads; never retries, but for one fresh token after a 401.

    `token` gives the bearer token, "" for an open server; a source that keeps it also has `drop` (`CachedToken`).
    Every method raises the core errors as `answers` maps them; plain http is `Misconfigured` unless loopback.
    """

    def __init__(
        self, base_url: str, *, token: Callable[[], str], timeout_s: float = 10, client: httpx.Client | None = None
    ) -> None:
        base = checked_base_url(base_url, setting="EHR_BASE_URL")
        self._base = httpx.URL(base.geturl())
        self._token = token
        self._timeout_s = timeout_s
        self._client = client or httpx.Client(trust_env=not is_loopback(base.hostname))

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def capabilities(self) -> Capabilities:
        """Read the server's capability statement; ask at start-up and enable only what it lists."""
        body = self._body(self._call("GET", self._url("metadata")), "CapabilityStatement")
        rest = next(iter(dicts(body.get("rest"))), {})
        listed = {
            str(one.get("type")): frozenset(str(act.get("code")) for act in dicts(one.get("interaction")))
            for one in dicts(rest.get("resource"))
        }
        whole = {str(act.get("code")) for act in dicts(rest.get("interaction"))}
        return Capabilities(str(body.get("fhirVersion") or ""), "transaction" in whole, listed)

    def read(self, resource_type: str, ehr_id: str) -> Resource:
        """Read one record; `Permanent` with code "gone" when it is not there."""
        return self._body(self._call("GET", self._record_url(resource_type, ehr_id)), resource_type)

    def search(self, resource_type: str, params: Params) -> Iterator[Resource]:
        """Give every match, page after page; included records and outcomes are left out.

        The server is asked to refuse parameters it does not know, yet some ignore that: check each row against what
        you asked for. Raises `Permanent` for a row of another type, a next link to another host, or endless pages.
        """
        url = self._url(resource_type).copy_merge_params(dict(params))
        answer = self._call("GET", url)
        seen: set[str] = set()
        while True:
            bundle = self._body(answer, "Bundle")
            yield from _matches(bundle, resource_type)
            link = next((one.get("url") for one in dicts(bundle.get("link")) if one.get("relation") == "next"), None)
            if not link:
                return
            address = self._same_origin(str(link), answer.url)
            if str(address) in seen or len(seen) >= _MAX_PAGES:
                raise Permanent("The EHR's search never ends", code="too-many-pages")
            seen.add(str(address))
            answer = self._call("GET", address)

    def create(self, resource: Resource, *, identifier: Identifier, search_first: bool = False) -> Written:
        """Make a record once, under the identifier it carries; `search_first` on every attempt but the first.

        If-None-Exist is no lock on many servers, so hold our own for the key. Raises `Conflict` "multiple-matches" when
        the chart holds more than one: pick none, a person must look.
        """
        resource_type = str(resource.get("resourceType"))
        if not carries(resource, identifier):
            raise Permanent(f"{resource_type} does not carry the identifier it is made under", code="no-identifier")
        if search_first and (found := self.by_identifier(resource_type, identifier)):
            return found
        headers = {"If-None-Exist": identifier_query(identifier)}
        answer = self._call("POST", self._url(resource_type), body=resource, headers=headers)
        return self._written(answer, resource_type, already_there=answer.status_code == 200)

    def update(self, resource: Resource, *, version: str) -> Written:
        """Put a record over the `version` that was read; `Conflict` when somebody was faster."""
        resource_type = str(resource.get("resourceType"))
        url = self._record_url(resource_type, str(resource.get("id")))
        if not is_id(version):
            raise Permanent(f"Not a version of a {resource_type}", code="no-version")
        answer = self._call("PUT", url, body=resource, headers={"If-Match": f'W/"{version}"'})
        return self._written(answer, resource_type)

    def transaction(self, bundle: Resource) -> list[Written]:
        """Write all entries or none; answers in the order of the entries.

        Raises `Conflict` or `Permanent` when nothing was written, and `Unknown` when the answer does not account
        for every entry: look each up by its identifier.
        """
        answer = self._call("POST", self._base, body=bundle)
        body = json_object(answer)
        entries = dicts((body or {}).get("entry"))
        if body is None or body.get("type") != "transaction-response" or len(entries) != len(bundle["entry"]):
            raise Unknown("The EHR's answer to a transaction cannot be read; it may have been done")
        return [self._entry(*pair) for pair in zip(dicts(bundle["entry"]), entries, strict=True)]

    def by_identifier(self, resource_type: str, identifier: Identifier) -> Written | None:
        """Look up what an earlier attempt may have made; None when the chart has none, `Conflict` when several."""
        params = {"identifier": identifier_token(identifier)}
        found = [row for row in self.search(resource_type, params) if carries(row, identifier)]
        if len(found) > 1:
            raise Conflict(f"The EHR has more than one {resource_type} of this identifier", code="multiple-matches")
        return Written(found[0], version_of(found[0]), already_there=True) if found else None

    def _entry(self, asked: Resource, entry: Resource) -> Written:
        resource_type, method = str(asked["resource"]["resourceType"]), asked["request"]["method"]
        response = as_dict(entry.get("response"))
        status = str(response.get("status") or "")
        if not status.startswith("2"):
            raise Unknown("The EHR accepted a transaction but not all of it; look each record up")
        resource = as_dict(entry.get("resource"))
        if resource.get("resourceType") != resource_type:
            resource = self._located(response.get("location"), resource_type)
        return Written(resource, version_of(resource), already_there=method == "POST" and status.startswith("200"))

    def _written(self, answer: httpx.Response, resource_type: str, *, already_there: bool = False) -> Written:
        resource = json_object(answer) or {}
        if resource.get("resourceType") == resource_type:
            resource = _with_version(resource, answer)
        else:
            resource = self._located(answer.headers.get("Location"), resource_type)
        return Written(resource, version_of(resource), already_there)

    def _located(self, location: object, resource_type: str) -> Resource:
        """Read what a write only gave the address of (servers may ignore Prefer: return=representation)."""
        found = split_reference(location)
        if found is None or found[0] != resource_type:
            raise Unknown(f"The EHR took a {resource_type} but does not say which; look it up")
        try:
            return self.read(*found)
        except (Temporary, Permanent):
            raise Unknown(f"The EHR took a {resource_type} but it cannot be read back; look it up") from None

    def _body(self, answer: httpx.Response, resource_type: str) -> Resource:
        body = json_object(answer)
        if body is None or body.get("resourceType") != resource_type:
            raise Permanent(f"The EHR answered with something that is not a {resource_type}", code="wrong-type")
        return _with_version(body, answer)

    def _call(
        self,
        method: str,
        url: httpx.URL,
        *,
        body: Resource | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        writing = body is not None
        for again in (False, True):
            asked = self._client.build_request(
                method, url, json=body, headers=self._headers(writing) | dict(headers or {})
            )
            asked.extensions["timeout"] = httpx.Timeout(self._timeout_s).as_dict()
            try:
                answer = self._client.send(asked, follow_redirects=False)
            except httpx.RequestError as error:
                raise_transport(error, writing=writing)
            if answer.status_code != 401 or again:
                break
            if isinstance(self._token, CachedToken):
                self._token.drop()
        ok_or_raise(answer, writing=writing)
        return answer

    def _headers(self, writing: bool) -> dict[str, str]:
        token = self._token()
        headers = {"Accept": _JSON, "X-Request-Id": str(uuid.uuid4())}
        if writing:
            headers |= {"Content-Type": _JSON, "Prefer": "return=representation"}
        else:
            headers |= {"Prefer": "handling=strict", "Cache-Control": "no-cache"}
        return headers | ({"Authorization": f"Bearer {token}"} if token else {})

    def _url(self, path: str) -> httpx.URL:
        return httpx.URL(f"{str(self._base).rstrip('/')}/{path}")

    def _record_url(self, resource_type: str, ehr_id: str) -> httpx.URL:
        if not is_type(resource_type) or not is_id(ehr_id):
            raise Permanent("Not the type and id of a record", code="unreadable")
        return self._url(f"{resource_type}/{ehr_id}")

    def _same_origin(self, link: str, page: httpx.URL) -> httpx.URL:
        try:
            address = page.join(link)
        except httpx.InvalidURL:
            raise Permanent("The EHR's next page has no readable address", code="unreadable") from None
        if (address.scheme, address.host, address.port) != (self._base.scheme, self._base.host, self._base.port):
            raise Permanent("The EHR's next page is on another host; check its public address", code="other-origin")
        return address


def _with_version(resource: Resource, answer: httpx.Response) -> Resource:
    """Put the ETag's version where `version_of` finds it, for servers that send it only there."""
    etag = answer.headers.get("ETag", "").removeprefix("W/").strip('"')
    if version_of(resource) or not is_id(etag):
        return resource
    return resource | {"meta": as_dict(resource.get("meta")) | {"versionId": etag}}


def _matches(bundle: Resource, resource_type: str) -> Iterator[Resource]:
    for entry in dicts(bundle.get("entry")):
        if as_dict(entry.get("search")).get("mode") in ("include", "outcome"):
            continue
        resource = as_dict(entry.get("resource"))
        required_id(resource, resource_type)
        yield resource
