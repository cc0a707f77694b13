"""The organisation's own days: what "today" and "tomorrow" mean to its staff."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage.db import now
from workflows import surroundings


def zone(session: Session) -> ZoneInfo:
    """The organisation's time zone."""
    return ZoneInfo(surroundings.organisation_of(session).zone)


def today(session: Session) -> date:
    """The local day of this transaction."""
    return now(session).astimezone(zone(session)).date()


def span(session: Session, day: date) -> tuple[datetime, datetime]:
    """The instants at which a local day begins and ends."""
    where = zone(session)
    return datetime.combine(day, time(), where), datetime.combine(day + timedelta(days=1), time(), where)
