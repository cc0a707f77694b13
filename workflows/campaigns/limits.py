"""What an organisation says about campaigns: when a second person approves, what texts cost, what a day bears, when to pause."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy.orm import Session

from core.errors import Misconfigured
from workflows import surroundings

KEY = "campaigns"


@dataclass(frozen=True, slots=True)
class Limits:
    """`campaigns` in the organisation's settings overrides any of these; rates are shares, 0 to 1."""

    approve_above: int = 200  # patients contacted; more needs a second person
    price_per_segment_usd: float = 0.011  # the provider's price and the carrier's fee
    carrier_segments_per_day: int = 2000  # counted from midnight Pacific
    reply_rate: float = 0.30  # of those texted, how many need somebody
    booking_rate: float = 0.15
    cases_per_day: int = 40  # what the receiving team closes on a working day
    horizon_days: int = 14  # how far ahead free slots count
    household_gap_days: int = 8  # two patients of one number are asked this far apart
    pause_at_opt_outs: float = 0.03  # of those texted
    pause_at_filtered: float = 0.01  # error 30007: carriers take it for spam
    pause_under_delivered: float = 0.80  # of the texts with a final word
    pause_at_overdue_cases: int = 25  # of the receiving team, past their due time
    judge_from: int = 50  # texts before a rate means anything


def of(session: Session) -> Limits:
    """The organisation's own. Raises Misconfigured for a name or a kind of value that does not exist."""
    said: dict[str, Any] = surroundings.organisation_of(session).settings.get(KEY, {})
    return read(said)


def read(said: dict[str, Any]) -> Limits:
    """The same from plain data, for the organisation file. Raises Misconfigured."""
    known = {field.name: field.default for field in fields(Limits)}
    for name, value in said.items():
        right = name in known and isinstance(value, int | float) and not isinstance(value, bool)
        if not right or value < 0 or (isinstance(known[name], int) and not isinstance(value, int)):
            raise Misconfigured(f"campaigns.{name} cannot be {value!r}", fix="See docs/campaigns.md for the settings.")
    return Limits(**said)
