"""The organisation's own days: what "today" and "tomorrow" mean to its staff."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import receipts
from storage.db import now
from workflows import surroundings


def zone(session: Session) -> ZoneInfo:
    """The organisation's time zone."""
    return ZoneInfo(surroundings.organisation_of(session).zone)


def today(session: Session) -> date:
    """The local day of this transaction."""
    return now(session).astimezone(zone(session)).date()


def first_round(session: Session, name: str, *, from_hour: int = 6) -> bool:
    """True once a local day, from this hour on (six: after the night's feeds); the mark commits with what is done."""
    local = now(session).astimezone(zone(session))
    day = local.date().isoformat()
    return local.hour >= from_hour and not receipts.known(session, name, day) and receipts.first(session, name, day)


def span(session: Session, day: date) -> tuple[datetime, datetime]:
    """The instants at which a local day begins and ends."""
    where = zone(session)
    return datetime.combine(day, time(), where), datetime.combine(day + timedelta(days=1), time(), where)
