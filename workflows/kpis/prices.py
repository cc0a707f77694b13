"""What outreach costs an organisation, as it says itself: `prices` in its settings. Nothing said, nothing is worked out."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy.orm import Session

from core.errors import Misconfigured
from workflows import surroundings

KEY = "prices"
NEEDED = ("segment_usd", "staff_hour_usd", "staff_minutes_a_case")
TITLES = {
    "segment_usd": "A text segment",
    "carrier_fee_usd": "Carrier fee of a segment",
    "voice_call_usd": "A call by Careloop",
    "staff_hour_usd": "An hour of staff",
    "staff_minutes_a_case": "Staff minutes a case takes",
}
MOST = 10_000
FIX = "See docs/baselines.md for what `prices` may say."


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars. `staff_minutes_a_case`: what a case of a program takes on average, timed by the organisation."""

    segment_usd: float  # a text has one or more segments
    staff_hour_usd: float
    staff_minutes_a_case: float
    carrier_fee_usd: float = 0.0  # on top of each segment
    voice_call_usd: float = 0.0  # a call that Careloop makes


def of(session: Session) -> Prices | None:
    """The organisation's own; None where it has said none."""
    said = surroundings.organisation_of(session).settings.get(KEY)
    return read(said) if said else None


def read(said: Any) -> Prices:
    """The same from plain data, for the organisation file. Raises Misconfigured."""
    known = {field.name for field in fields(Prices)}
    if not isinstance(said, dict) or set(said) - known:
        raise Misconfigured(f"prices has a name that does not exist (it is one of {', '.join(sorted(known))})", fix=FIX)
    if missing := [name for name in NEEDED if name not in said]:
        raise Misconfigured(f"prices.{missing[0]} is missing", fix=FIX)
    for name, value in said.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
            raise Misconfigured(f"prices.{name} cannot be {value!r}", fix=FIX)
    return Prices(**said)
