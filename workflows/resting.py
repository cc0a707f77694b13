"""A case that waits on purpose: snoozed until a time, or until the patient answers. It comes back by itself, to whoever has it."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of
from storage.tables import Case, Team
from workflows import cases, paging, team_hours
from workflows.staff import Who

HOUR = timedelta(hours=1)
AFTERNOON = 13
LATEST = timedelta(days=60)
AT_A_TIME = 50
CHOICES = {"hour": "In 1 hour", "afternoon": "This afternoon", "tomorrow": "When we open next"}
LOUD = "An emergency does not wait: work on it, or release it so that somebody else can. Nothing was changed."


def times(session: Session, case: Case) -> dict[str, datetime]:
    """{choice: instant} for this case, in its team's hours; a choice that is over, or the same as one before it, is left out."""
    work = team_hours.of(session, _code(session, case))
    local = now(session).astimezone(ZoneInfo(work.zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    noonish = midnight.replace(hour=AFTERNOON)
    found = {
        "hour": now(session) + HOUR,
        "afternoon": noonish if local < noonish else None,
        "tomorrow": work.opening((midnight + timedelta(days=1)).astimezone(ZoneInfo("UTC"))),
    }
    return {code: at.astimezone(ZoneInfo("UTC")) for code, at in found.items() if at is not None}


def snooze(session: Session, case_id: UUID, *, until: datetime, by: Who) -> Case:
    """Put the case aside until then: it stays the owner's, counts as neither late nor idle, and comes back by itself."""
    case = cases.owned(session, case_id, by=by)
    if case.priority == "emergency":
        raise Refused(LOUD)
    if not now(session) < until <= now(session) + LATEST:
        raise Refused("Pick a time from now on, at most 60 days ahead. Nothing was changed.")
    slept = cases.change(
        session, case, "snoozed", only_if=[Case.state.in_(("claimed", "snoozed", "waiting_patient")), cases.same_owner(case)],
        actor=by.actor, staff_id=by.id, detail=until.isoformat(timespec="minutes"), state="snoozed", snoozed_until=until,
    )  # fmt: skip
    if slept is None:
        raise Refused(cases.moved_on(session, case, "snoozed"))
    return slept


def wait_for_patient(session: Session, case_id: UUID, *, by: Who) -> Case:
    """The next move is the patient's: the case rests until they answer, or until it is due."""
    case = cases.owned(session, case_id, by=by)
    if case.priority == "emergency":
        raise Refused(LOUD)
    resting = cases.change(
        session, case, "waiting", only_if=[Case.state.in_(("claimed", "snoozed")), cases.same_owner(case)], actor=by.actor, staff_id=by.id,
        state="waiting_patient", snoozed_until=None,
    )  # fmt: skip
    if resting is None:
        raise Refused(cases.moved_on(session, case, "put to wait"))
    return resting


def resume(session: Session, case_id: UUID, *, by: Who) -> Case:
    """Take a resting case up again now."""
    case = cases.owned(session, case_id, by=by)
    up = cases.change(
        session, case, "resumed", only_if=[Case.state.in_(("snoozed", "waiting_patient")), cases.same_owner(case)], actor=by.actor,
        staff_id=by.id, state="claimed", snoozed_until=None, claimed_at=now(session),
    )  # fmt: skip
    if up is None:
        raise Refused(cases.moved_on(session, case, "taken up again"))
    return up


def wake(session: Session) -> int:
    """Bring back the cases whose time has come and tell their owners; how many. The clock's tick calls it."""
    due = (
        select(Case.id)
        .where(Case.org_id == org_of(session), Case.state == "snoozed", Case.snoozed_until <= now(session))
        .order_by(Case.snoozed_until)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(due))
    for case_id in ids:
        _bring_back(session, cases.get(session, case_id), "woken")
    return len(ids)


def answered(session: Session, patient_id: UUID | None, number_id: UUID | None) -> int:
    """The patient wrote: whoever waits for them has their case back, and is told; how many cases."""
    theirs = [Case.number_id == number_id] if patient_id is None else [Case.patient_id == patient_id]
    found = select(Case.id).where(Case.org_id == org_of(session), Case.state == "waiting_patient", *theirs)
    ids = list(session.scalars(found.order_by(Case.id)))
    for case_id in ids:
        _bring_back(session, cases.get(session, case_id), "answered")
    return len(ids)


def _bring_back(session: Session, case: Case, what: str) -> None:
    values = {"claimed_at": now(session), "state": "claimed"} if case.owner_id else {"state": "open"}
    back = cases.change(
        session, case, what, only_if=[Case.state == case.state], actor=cases.SYSTEM, snoozed_until=None, **values
    )
    if back is not None and back.owner_id is not None:
        paging.tell_person(session, back, back.owner_id, tier=what)


def _code(session: Session, case: Case) -> str:
    return session.scalars(select(Team.code).where(Team.org_id == org_of(session), Team.id == case.team_id)).one()
