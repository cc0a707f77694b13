"""Quiet hours: a text may arrive only while every candidate zone, state, the organisation and the patient are open (T1–T4, N12)."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from workflows import business_time, calendar, state_rules
from workflows.places import Where, candidates, states, zones

__all__ = [
    "DEFAULT_HOURS",
    "Hours",
    "Verdict",
    "Where",
    "check",
    "next_business_open",
    "next_day_open",
    "next_open",
    "states",
    "zones",
]

_HORIZON_DAYS = 10
_SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Hours:
    """The house's own window, recipient-local; Sunday counts only where a caller allows it.

    `holidays` closes federal holidays and those of the patient's states, `closed_days` the organisation's own. `prefers` is
    the patient's wish for texts, every day (from, until); it only ever tightens.
    """

    opens: time = time(9)
    closes: time = time(20)
    sunday_opens: time = time(12)
    sunday_closes: time = time(18)
    holidays: bool = False
    closed_days: frozenset[date] = frozenset()
    prefers: tuple[time, time] | None = None


DEFAULT_HOURS = Hours()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rule` names what decided ("T1.federal", "T2.FL", "T1.holiday", "T1.hours", "patient", "T3.every_us_zone"; "open" when open).

    Instants are UTC. Closed: `opens_at` is the next moment when all are open, None if there is none within ten days.
    Open: `closes_at` is the first moment when one closes; it bounds the provider's validity period (T4).
    """

    open: bool
    rule: str
    opens_at: datetime | None
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Span:
    opens: datetime
    closes: datetime


def check(where: Where, at: datetime, *, sunday: bool = False, hours: Hours = DEFAULT_HOURS) -> Verdict:
    """Whether a text may arrive at `at` (aware): federal, state and organisation windows intersected in every zone.

    `sunday` opens the organisation's Sunday window, for reminders of a Monday visit where it is enabled.
    """
    place, binding = zones(where), states(where)
    spans = _spans(place, binding, _Policy(sunday, hours), at.astimezone(UTC).date())
    at_or_before = bisect_right(spans, at, key=lambda span: span.opens) - 1
    if at_or_before >= 0 and at < spans[at_or_before].closes:
        return Verdict(True, "open", None, spans[at_or_before].closes)
    following = spans[at_or_before + 1].opens if at_or_before + 1 < len(spans) else None
    return Verdict(False, _broken(where, at, _Policy(sunday, hours)), following, None)


def next_open(where: Where, at: datetime, *, sunday: bool = False, hours: Hours = DEFAULT_HOURS) -> datetime | None:
    """The first instant from `at` on when a text may arrive: `at` itself while open, None without one within ten days."""
    verdict = check(where, at, sunday=sunday, hours=hours)
    return at if verdict.open else verdict.opens_at


def next_day_open(where: Where, after: datetime, days: int, *, hours: Hours = DEFAULT_HOURS) -> datetime:
    """The window's opening `days` calendar days after `after` in the patient's likeliest zone, as a UTC instant.

    A day without a window (Sunday, or zones with no common hour) passes to the next that has one. Computed from the
    wall clock each time, so a night with a clock change does not move it. `days` may be negative. Where no window
    opens within ten days the wanted midnight itself comes back: the gate then holds the text and says why.
    """
    place = zones(where)
    wanted = after.astimezone(ZoneInfo(place[0])).date() + timedelta(days=days)
    return _opening(place, states(where), hours, wanted)


def next_business_open(where: Where, after: datetime, days: int) -> datetime:
    """The window's opening `days` business days after `after` in the patient's likeliest zone, as a UTC instant."""
    later = business_time.due(f"{days} business days", after, zones(where)[0]) if days else after
    return next_day_open(where, later, 0)


@lru_cache(maxsize=4096)
def _opening(place: tuple[str, ...], binding: tuple[str, ...], hours: Hours, day: date) -> datetime:
    """The same for everybody in these places: a batch asks for the same few days over and over."""
    midnight = datetime.combine(day, time(), ZoneInfo(place[0])).astimezone(UTC)
    spans = _spans(place, binding, _Policy(False, hours), midnight.date())
    coming = next((span for span in spans if span.closes > midnight), None)
    return max(coming.opens, midnight) if coming else midnight


def on_monday(visit_at: datetime | None, where: Where) -> bool:
    """Whether a visit is on a Monday where the patient is: the one thing that may be reminded of on a Sunday."""
    return visit_at is not None and visit_at.astimezone(ZoneInfo(zones(where)[0])).isoweekday() == 1


@dataclass(frozen=True, slots=True)
class _Policy:
    sunday: bool
    hours: Hours


@lru_cache(maxsize=4096)
def _spans(place: tuple[str, ...], binding: tuple[str, ...], policy: _Policy, around: date) -> tuple[_Span, ...]:
    """Every span in which all zones are open, from two days before a UTC date to the horizon, in order."""
    days = [around + timedelta(days=offset) for offset in range(-2, _HORIZON_DAYS + 1)]
    common = _zone_spans(place[0], binding, policy, days)
    for zone in place[1:]:
        common = _overlap(common, _zone_spans(zone, binding, policy, days))
    return tuple(common)


def _zone_spans(zone: str, binding: tuple[str, ...], policy: _Policy, days: list[date]) -> list[_Span]:
    clock = ZoneInfo(zone)
    hours = ((day, _hours_of(binding, policy, day)) for day in days)
    return [
        _Span(*(datetime.combine(day, edge, clock).astimezone(UTC) for edge in window))
        for day, window in hours
        if window
    ]


def _overlap(left: list[_Span], right: list[_Span]) -> list[_Span]:
    pairs = (_Span(max(a.opens, b.opens), min(a.closes, b.closes)) for a in left for b in right)
    return [span for span in pairs if span.opens < span.closes]


def _hours_of(binding: tuple[str, ...], policy: _Policy, day: date) -> tuple[time, time] | None:
    """The strictest (opens, closes) of one day; None when closed."""
    windows = [window for _, window in _rules(binding, policy, day)]
    opens = max((window[0] for window in windows if window), default=None)
    closes = min((window[1] for window in windows if window), default=None)
    if opens is None or closes is None or None in windows or opens >= closes:
        return None
    return opens, closes


def _rules(binding: tuple[str, ...], policy: _Policy, day: date) -> list[tuple[str, tuple[time, time] | None]]:
    """(rule, window) of each rule that binds on a day: law, house rule, the patient's wish; a closed day has no window."""
    rules = [
        (
            "T1.federal" if state == state_rules.FEDERAL else f"T2.{state}",
            (row.opens, row.closes) if row.opens and row.closes else None,
        )
        for state in (state_rules.FEDERAL, *binding)
        for row in state_rules.windows(state, day)
    ]
    hours = policy.hours
    if day in hours.closed_days or (hours.holidays and calendar.closes(day, binding)):
        rules.append(("T1.holiday", None))
    if day.isoweekday() == _SUNDAY:
        rules.append(("T1.sunday", (hours.sunday_opens, hours.sunday_closes) if policy.sunday else None))
    else:
        rules.append(("T1.hours", (hours.opens, hours.closes)))
    if hours.prefers:
        rules.append(("patient", hours.prefers))
    return rules


def _broken(where: Where, at: datetime, policy: _Policy) -> str:
    """The first rule that closes any zone at `at`, law first, so that the ledger names the weightier reason."""
    broken: list[str] = []
    for zone in zones(where):
        local = at.astimezone(ZoneInfo(zone))
        for rule, window in _rules(states(where), policy, local.date()):
            if window is None or not window[0] <= local.time() < window[1]:
                broken.append(rule)
    if not candidates(where) and broken != ["patient"]:
        return "T3.every_us_zone"
    ranks = (
        "T1.federal",
        *(f"T2.{state}" for state in states(where)),
        "T1.holiday",
        "T1.sunday",
        "T1.hours",
        "patient",
    )
    return min(broken, key=ranks.index)
