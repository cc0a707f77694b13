"""The transitional-care clock (N18): attempts by people to speak with a discharged patient, counted apart from automated texts.

As best known: transitional care management (CPT 99495/99496; 42 CFR part 414 and CMS's MLN booklet 908628,
"Transitional Care Management Services") asks for an interactive contact by phone, video or in person within two business days
after the discharge; where two or more separate attempts in that time fail and are documented, the service may still be reported.
Business days are Monday to Friday without federal holidays. The operator's billing counsel confirms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, ledger
from storage.db import now, org_of
from storage.tables import Case, ContactAttempt, ContactClock, Enrollment, Patient
from workflows import cases, surroundings
from workflows.business_time import WEEKDAYS_8_TO_17
from workflows.staff import Who

EVENT = "encounter.discharged"
ATTEMPTS = 2
DAYS = 2
WARN_WITH = timedelta(hours=6)  # of business time left
SHOWN_FOR = timedelta(days=30)  # the service's own length
METHODS = {"phone": "Phone", "video": "Video", "in_person": "In person"}
RESULTS = {"spoke": "Spoke with the patient or caregiver", "left_message": "Left a message", "no_answer": "No answer"}
BY_CLOSING = {
    "handled": "spoke",
    "sent_to_er": "spoke",
    "visit_arranged": "spoke",
    "declined": "spoke",
    "booked": "spoke",
    "spoke": "spoke",
    "left_message": "left_message",
    "unreachable": "no_answer",
}
"""What closing a case says of the call that was made; other dispositions say nothing of one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One clock as staff see it: attempts by people so far, business time left, and the contact that was made."""

    attempts: int
    left: timedelta
    due_at: datetime
    spoke_at: datetime | None
    spoke_by: str | None

    def words(self) -> str:
        """ "1 of 2 human contact attempts, 6 business hours left"."""
        made = f"{min(self.attempts, ATTEMPTS)} of {ATTEMPTS} human contact attempts"
        if self.spoke_at is not None:
            when = "in time" if self.spoke_at <= self.due_at else "late"
            return f"spoke ({METHODS.get(self.spoke_by or '', 'phone').lower()}), {when}"
        hours = int(self.left.total_seconds() // 3600)
        if self.left <= timedelta(0):
            return f"{made}, the 2 business days are over"
        return f"{made}, {hours} business hour{'' if hours == 1 else 's'} left"


def start(session: Session, row: Enrollment, discharged_at: datetime) -> None:
    """Begin the clock of one discharge; said twice, it runs once."""
    zone = surroundings.organisation_of(session).zone
    due = deadline(discharged_at, zone)
    values = {"discharged_at": discharged_at, "due_at": due, "warn_at": before(due, WARN_WITH, zone)}
    clock = insert(ContactClock).values(org_id=row.org_id, enrollment_id=row.id, patient_id=row.patient_id, **values)
    session.execute(clock.on_conflict_do_nothing(index_elements=["org_id", "enrollment_id"]))


def warn(session: Session) -> int:
    """Open a case for each clock that is running out without an attempt; how many. The clock's tick calls it."""
    tried = select(ContactAttempt.id).where(
        ContactAttempt.org_id == ContactClock.org_id, ContactAttempt.clock_id == ContactClock.id
    )
    due = (
        select(ContactClock, Patient.deceased | Patient.admitted, tried.exists())
        .join(Patient, (Patient.org_id == ContactClock.org_id) & (Patient.id == ContactClock.patient_id))
        .where(
            ContactClock.org_id == org_of(session),
            ContactClock.warned_at.is_(None),
            ContactClock.warn_at <= now(session),
        )
        .with_for_update(of=ContactClock, skip_locked=True)
        .limit(100)
    )
    opened = 0
    for clock, gone, tried_already in session.execute(due).all():
        clock.warned_at = now(session)
        if not gone and not tried_already:
            _open_call(session, clock)
            opened += 1
    session.flush()
    return opened


def log_call(session: Session, case: Case, *, method: str, result: str, by: Who) -> Standing:
    """Write down one attempt by a person on the discharge behind a case. Refused when there is no clock, or for unknown codes."""
    if method not in METHODS or result not in RESULTS:
        raise Refused("Pick how you tried and how it went. Nothing was changed.")
    clock = of_case(session, case)
    if clock is None:
        raise Refused(
            f"Case {case.number} is not about a discharge, so there is no contact clock. Nothing was changed."
        )
    session.execute(
        insert(ContactAttempt).values(
            org_id=case.org_id, clock_id=clock.id, case_id=case.id, staff_id=by.id, at=now(session),
            method=method, result=result,
        )
    )  # fmt: skip
    if result == "spoke" and clock.spoke_at is None:
        clock.spoke_at, clock.spoke_by = now(session), method
        session.flush()
    line = ledger.Line("logged", f"tcm.{result}", clock.enrollment_id, case=case.id, detail={"method": method})
    ledger.write(session, [line])
    audit.record(
        session, "contact.logged", actor=by.actor, subject=("case", show("cas", case.id)), method=method, result=result
    )
    cases.refresh_card(session, case)
    return standing(session, clock)


def closed(session: Session, case: Case, disposition: str, *, by: Who) -> None:
    """A case of a discharge was closed: what that says of a call made is an attempt too."""
    result = BY_CLOSING.get(disposition)
    if result is not None and of_case(session, case) is not None:
        log_call(session, case, method="phone", result=result, by=by)


def of_case(session: Session, case: Case) -> ContactClock | None:
    """The clock behind a case: its enrollment's, or the patient's newest that is still of interest."""
    mine = select(ContactClock).where(ContactClock.org_id == case.org_id)
    if case.enrollment_id is not None:
        return session.scalar(mine.where(ContactClock.enrollment_id == case.enrollment_id))
    if case.patient_id is None or case.kind != "tcm_call":
        return None
    recent = mine.where(
        ContactClock.patient_id == case.patient_id, ContactClock.discharged_at > now(session) - SHOWN_FOR
    )
    return session.scalar(recent.order_by(ContactClock.discharged_at.desc()).limit(1))


def standing(session: Session, clock: ContactClock) -> Standing:
    """How one clock stands now."""
    made = session.scalar(
        select(func.count()).where(ContactAttempt.org_id == clock.org_id, ContactAttempt.clock_id == clock.id)
    )
    left = business_left(now(session), clock.due_at, surroundings.organisation_of(session).zone)
    return Standing(made or 0, left, clock.due_at, clock.spoke_at, clock.spoke_by)


def words_of(session: Session, case: Case) -> str | None:
    """What card and page show of the clock; None for a case that has none."""
    clock = of_case(session, case)
    return standing(session, clock).words() if clock is not None else None


def _open_call(session: Session, clock: ContactClock) -> None:
    """The case stands by itself: a program that ends must not take the call with it."""
    reason = "tcm.running_out" if now(session) < clock.due_at else "tcm.over"
    cases.open_one(
        session,
        cases.Opening(
            kind="tcm_call", team="clinical", priority="high", reason=reason, due=clock.due_at,
            dedupe_key=f"tcm:{clock.id}", patient_id=clock.patient_id,
        ),
    )  # fmt: skip


def deadline(discharged_at: datetime, zone: str) -> datetime:
    """When the offices close on the second business day after the discharge, UTC."""
    day = discharged_at.astimezone(ZoneInfo(zone)).date()
    for _ in range(DAYS):
        day = _next_business_day(day)
    return _at(day, WEEKDAYS_8_TO_17.closes, zone)


def before(due: datetime, span: timedelta, zone: str) -> datetime:
    """The instant with `span` of business time left before `due`, UTC."""
    day, left = due.astimezone(ZoneInfo(zone)).date(), span
    while True:
        opens, closes = _at(day, WEEKDAYS_8_TO_17.opens, zone), min(due, _at(day, WEEKDAYS_8_TO_17.closes, zone))
        if closes - opens >= left:
            return closes - left
        left -= max(closes - opens, timedelta(0))
        day -= timedelta(days=1)
        while not _is_business_day(day):
            day -= timedelta(days=1)


def business_left(start: datetime, end: datetime, zone: str) -> timedelta:
    """Open office time between two instants; zero when `end` is past."""
    left, day = timedelta(0), start.astimezone(ZoneInfo(zone)).date()
    while (opens := _at(day, WEEKDAYS_8_TO_17.opens, zone)) < end:
        if _is_business_day(day):
            left += max(timedelta(0), min(end, _at(day, WEEKDAYS_8_TO_17.closes, zone)) - max(start, opens))
        day += timedelta(days=1)
    return left


def _at(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def _next_business_day(day: date) -> date:
    day += timedelta(days=1)
    while not _is_business_day(day):
        day += timedelta(days=1)
    return day


def _is_business_day(day: date) -> bool:
    return day.isoweekday() in WEEKDAYS_8_TO_17.days and day not in _federal(day.year)


@lru_cache(maxsize=16)
def _federal(year: int) -> Mapping[date, str]:
    return holidays.country_holidays("US", years=year)
