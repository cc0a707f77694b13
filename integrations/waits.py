"""How long a vendor asked us to wait."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, or None when there is none or it cannot be read.

    A date is measured against the answer's own Date header, so that our clock does not matter.
    `headers` must ignore case (requests' and httpx's do). RFC 9110 section 10.2.3.
    """
    asked = headers.get("Retry-After")
    if asked is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", asked):
        return float(asked)
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("Date") or "")
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())
