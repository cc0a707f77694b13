"""Texts of one day that staff skip: all of a program, an hour, a site, one patient's, or what those share. They leave the day after."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import now, org_of
from storage.tables import Appointment, Enrollment, Message, PlanItem, PlanSnapshot, ProgramRow, Site, Skip
from workflows import halts, local_days
from workflows.roles import Verb, demand
from workflows.staff import Who


def add(
    session: Session,
    day: date,
    *,
    reason: str,
    by: Who,
    program: str | None = None,
    site: str | None = None,
    hour: int | None = None,
) -> Skip:
    """Skip what the names have in common on a coming day (or today): `program` a code, `site` a name, `hour` local, 0 to 23."""
    demand(by.role, Verb.STOP)
    if not reason.strip():
        raise Refused("Say why, in a few words without patient names. Nothing was skipped.")
    if day < local_days.today(session):
        raise Refused("That day is over. Nothing was skipped.")
    if (program, site, hour) == (None, None, None):
        raise Refused("To stop everything use `/outreach stop-all`. Nothing was skipped.")
    row = Skip(
        org_id=org_of(session),
        day=day,
        program_id=_named(session, ProgramRow.id, ProgramRow.code, program),
        site_id=_named(session, Site.id, Site.name, site),
        hour=hour,
        by_id=by.id,
        at=now(session),
        reason=reason.strip()[:200],
    )
    session.add(row)
    session.flush()
    audit.record(
        session, "sends.skipped", actor=by.actor, subject=("skip", str(row.id)),
        day=day.isoformat(), program=program, site=site, hour=hour,
    )  # fmt: skip
    return row


def skip_enrollment(session: Session, day: date, enrollment_id: UUID, *, reason: str, by: Who) -> Skip:
    """The same for one patient's text."""
    demand(by.role, Verb.STOP)
    row = Skip(
        org_id=org_of(session), day=day, enrollment_id=enrollment_id, by_id=by.id, at=now(session), reason=reason[:200]
    )
    session.add(row)
    session.flush()
    subject = ("enrollment", show("enr", enrollment_id))
    audit.record(session, "sends.skipped", actor=by.actor, subject=subject, day=day.isoformat())
    return row


def of_day(session: Session, day: date) -> Sequence[Skip]:
    """What was skipped on a day, oldest first."""
    found = select(Skip).where(Skip.org_id == org_of(session), Skip.day == day).order_by(Skip.at, Skip.id)
    return session.scalars(found).all()


def until(
    session: Session,
    texts: Sequence[Message],
    *,
    enrollments: Mapping[UUID, Enrollment],
    visits: Mapping[UUID, Appointment],
) -> dict[UUID, datetime]:
    """{message: end of the day} of program texts that are skipped today; asked inside the claim, like halts."""
    today = local_days.today(session)
    skipped = of_day(session, today)
    if not skipped:
        return {}
    ends = local_days.span(session, today)[1]
    sites = halts.sites_of(session, enrollments, visits)
    hours = _hours(session, today) if any(skip.hour is not None for skip in skipped) else {}
    at = now(session).astimezone(ends.tzinfo).hour
    found: dict[UUID, datetime] = {}
    for text in texts:
        row = enrollments.get(text.enrollment_id) if text.enrollment_id else None
        if row is not None and text.purpose == "program":
            hour = hours.get(row.id, at)
            about = partial(matches, program=row.program_id, site=sites.get(row.id), hour=hour, enrollment=row.id)
            if any(map(about, skipped)):
                found[text.id] = ends
    return found


def matches(skip: Skip, *, program: UUID, site: UUID | None, hour: int, enrollment: UUID) -> bool:
    """Whether a skip is about such a text; what it does not name may be anything."""
    named = ((skip.program_id, program), (skip.site_id, site), (skip.hour, hour), (skip.enrollment_id, enrollment))
    return all(wanted is None or wanted == fact for wanted, fact in named)


def _hours(session: Session, day: date) -> dict[UUID, int]:
    """The hour each text was planned for, so that one that is late is skipped with its row."""
    found = (
        select(PlanItem.enrollment_id, PlanItem.hour)
        .join(PlanSnapshot, (PlanSnapshot.org_id == PlanItem.org_id) & (PlanSnapshot.id == PlanItem.snapshot_id))
        .where(PlanItem.org_id == org_of(session), PlanSnapshot.day == day)
    )
    return {row.enrollment_id: row.hour for row in session.execute(found)}


def _named(
    session: Session, ids: InstrumentedAttribute[UUID], names: InstrumentedAttribute[str], name: str | None
) -> UUID | None:
    if name is None:
        return None
    table = ids.class_
    found = session.scalar(select(ids).where(table.org_id == org_of(session), names == name))
    if found is None:
        raise Refused(f"There is no {name} here. Nothing was skipped.")
    return found
