"""What an EHR's HTTP answer means, in the core errors. An OperationOutcome's text is dropped: it may name a patient."""

import re
from typing import NoReturn

import httpx

from core.errors import CareloopError, Conflict, Permanent, Temporary, Unknown
from integrations.ehr.references import Resource, as_dict, dicts
from integrations.waits import retry_after_s

_CODE = re.compile(r"[a-z][a-z-]{1,39}")


def ok_or_raise(response: httpx.Response, *, writing: bool) -> None:
    """Let 2xx pass; raise the core error of anything else. Source: the table of FHIR R4 http.html, as we act on it.

    400, 422 and other 4xx → Permanent with the OperationOutcome's codes; 401 and 403 → Permanent; 404, 410 → Permanent
    "gone"; 409, 412 → Conflict; 429 → Temporary; 408 and 5xx → Unknown when writing, else Temporary.
    """
    status = response.status_code
    if 200 <= status < 300:
        return
    code = outcome_code(response) or str(status)
    if status in (409, 412):
        raise Conflict(f"The EHR refuses with {status}: somebody changed the record", code=code)
    if status in (404, 410):
        raise Permanent("The EHR does not have this record (any more)", code="gone")
    if status in (401, 403):
        raise Permanent(f"The EHR does not let us in ({status}); an admin must look at our access", code=code)
    if status == 429:
        raise Temporary("The EHR asks us to slow down", retry_after_s=retry_after_s(response.headers))
    if status >= 500 or status == 408:
        if writing:
            raise Unknown(f"The EHR answered {status} to a write; it may have been done")
        raise Temporary(f"The EHR answered {status}", retry_after_s=retry_after_s(response.headers))
    raise Permanent(f"The EHR refuses with {status} ({code})", code=code)


def raise_transport(error: httpx.RequestError, *, writing: bool) -> NoReturn:
    """Raise `Temporary` when nothing can have left or we only read; `Unknown` when a write may have arrived."""
    never_left = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
    raised: CareloopError
    if never_left:
        raised = Temporary("The EHR cannot be reached")
    elif writing:
        raised = Unknown("The EHR's answer to a write was lost; it may have been done")
    else:
        raised = Temporary("The EHR did not answer in time")
    raise raised from None


def outcome_code(response: httpx.Response) -> str:
    """The issue codes of an OperationOutcome (at most three, comma between), or ""."""
    body = json_object(response)
    if body is None or body.get("resourceType") != "OperationOutcome":
        return ""
    codes = [str(issue.get("code")) for issue in dicts(body.get("issue"))]
    return ",".join(list(dict.fromkeys(code for code in codes if _CODE.fullmatch(code)))[:3])


def json_object(response: httpx.Response) -> Resource | None:
    """The body as an object; None when it is empty or something else."""
    try:
        return as_dict(response.json()) or None
    except ValueError:
        return None
