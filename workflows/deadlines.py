"""The clock's look at cases: reminders, the idle owner, and what is told of a case that nobody takes. When: `sla`; here it is done."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage import case_log, ledger
from storage.arrays import literal
from storage.db import now, org_of
from storage.tables import Case, CaseEvent, SlaTimer, Team
from workflows import cases, on_call, paging, sla, staff, surroundings, team_hours
from workflows.sla import Happened, Standing, Step

AT_ONCE = 200
BUSY = timedelta(seconds=5)  # somebody acts on the case at this very moment: it is looked at again
LOOKED = text(
    """
    UPDATE sla_timers t SET at = seen.at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[])) AS seen (id, at)
    WHERE t.org_id = :org AND t.case_id = seen.id
    """
)
WATCH = text(
    """
    INSERT INTO sla_timers (org_id, case_id, at)
    SELECT c.org_id, c.id, careloop.now() FROM cases c
    WHERE c.org_id = :org AND c.state <> 'closed'
      AND NOT EXISTS (SELECT 1 FROM sla_timers t WHERE t.org_id = c.org_id AND t.case_id = c.id)
    LIMIT 1000 ON CONFLICT DO NOTHING
    """
)


def look(session: Session) -> int:
    """Look at the cases whose time has come, oldest first, and tell what is to be told; how many were looked at.

    The timer's row is held meanwhile, and every change of a case writes it: nobody is told of a case that was claimed just before.
    """
    due = (
        select(SlaTimer.case_id)
        .where(SlaTimer.org_id == org_of(session), SlaTimer.at <= now(session))
        .order_by(SlaTimer.at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(due))
    if not ids:
        return 0
    stories = _stories(session, ids)
    seen = {case.id: _look(session, case, team, stories[case.id]) for case, team in _cases(session, ids)}
    _settle(session, [(id_, seen.get(id_)) for id_ in ids])
    return len(ids)


def watch(session: Session) -> None:
    """Open cases from before there were timers are looked at too. Cheap when there are none."""
    session.execute(WATCH, {"org": org_of(session)})


def standing(case: Case, story: Sequence[Happened]) -> Standing:
    """A row as the rules see it; a story from before there were events begins with its opening."""
    told = tuple(story) or (Happened("opened", None, case.opened_at),)
    return Standing(case.state, case.priority, case.owner_id, case.claimed_at, case.due_at, told)


def _look(session: Session, case: Case, team: Team, story: list[Happened]) -> datetime | None:
    if case.kind == staff.PRACTICE:
        return None  # nobody is reminded of what is nobody's
    waits = sla.waits_of(surroundings.organisation_of(session).settings, case.priority)
    seen = sla.outlook(standing(case, story), waits, team_hours.of(session, team.code), at=now(session))
    if not seen.now:
        return seen.look_at
    locked = select(Case.id).where(Case.org_id == case.org_id, Case.id == case.id).with_for_update(skip_locked=True)
    if session.scalar(locked) is None:
        return now(session) + BUSY
    _tell_owner(session, case, [step for step in seen.now if step.what in (sla.DUE, sla.IDLE)])
    for step in seen.now:
        _tell(session, case, step)
    return now(session)  # what was told is part of the story now: the next instant follows from it


def _tell_owner(session: Session, case: Case, steps: list[Step]) -> None:
    """One message, whatever there is to remind of."""
    if steps and case.owner_id is not None and case.owner_id not in on_call.off(session):
        paging.tell_person(session, case, case.owner_id, tier=paging.OWNER)


def _tell(session: Session, case: Case, step: Step) -> None:
    if step.what == sla.RELEASED:
        _give_back(session, case, step)
        return
    if step.what == sla.PING:
        paging.tell_team(session, case)
    elif step.what == sla.LEAD:
        paging.tell(session, case, on_call.managers(session), tier="lead")
    elif step.what == sla.ON_CALL:
        paging.call_out(session, case)
    case_log.write(session, case.id, step.what, actor=cases.SYSTEM, promises=(), detail=_planned(step))
    _enter(session, case, step)


def _give_back(session: Session, case: Case, step: Step) -> None:
    owner = case.owner_id
    freed = cases.change(
        session, case, sla.RELEASED, only_if=[Case.owner_id == owner, Case.state == "claimed"], actor=cases.SYSTEM,
        owner_id=None, state="open", claimed_at=None,
    )  # fmt: skip
    if freed is not None and owner is not None:
        _enter(session, freed, step)
        if owner not in on_call.off(session):
            paging.tell_person(session, freed, owner, tier="was_owner")


def _enter(session: Session, case: Case, step: Step) -> None:
    rule = f"sla.{step.what.removeprefix('sla_')}"
    detail = {"planned": _planned(step)}
    ledger.write(session, [ledger.Line("reminded", rule, case.enrollment_id, None, case.id, case.number_id, detail)])


def _planned(step: Step) -> str:
    return step.at.isoformat(timespec="seconds")


def _cases(session: Session, ids: Sequence[UUID]) -> Sequence[tuple[Case, Team]]:
    found = select(Case, Team).join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
    rows = session.execute(found.where(Case.org_id == org_of(session), Case.id.in_(ids), Case.state != "closed"))
    return [(case, team) for case, team in rows]


def _stories(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Happened]]:
    told: dict[UUID, list[Happened]] = defaultdict(list)
    found = select(CaseEvent.case_id, CaseEvent.what, CaseEvent.staff_id, CaseEvent.at).where(
        CaseEvent.org_id == org_of(session), CaseEvent.case_id.in_(ids)
    )
    for case_id, what, staff_id, at in session.execute(found.order_by(CaseEvent.id)):
        told[case_id].append(Happened(what, staff_id, at))
    return told


def _settle(session: Session, seen: Sequence[tuple[UUID, datetime | None]]) -> None:
    ids, ats = [id_ for id_, _ in seen], [at for _, at in seen]
    session.execute(LOOKED, {"org": org_of(session), "ids": literal(ids), "ats": literal(ats)})
