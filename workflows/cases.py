"""Work for a person: opened once, owned by one, closed with a disposition. Every change is one conditional UPDATE."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core.errors import Refused
from storage import audit, case_log, ledger, outbox, threads
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Case, ReadingRow, Team
from workflows import floor, on_call, paging, preferences, routing, staff, surroundings, team_hours
from workflows import wishes as wishing
from workflows.roles import Verb, demand
from workflows.staff import Who
from workflows.wishes import Wishes

CALLS = frozenset({"call_task", "call_back", "interpreter", "missing_contact"})
CLINICAL_KINDS = routing.CLINICAL_KINDS
SYSTEM = "system"
NO_WISHES = Wishes()
NO_CASE = "There is no such case here. Nothing was changed."
ONE = (
    select(Case, Team.name, Team.clinical)
    .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
    .where(Case.org_id == bindparam("org"), Case.id == bindparam("id"))
    .execution_options(populate_existing=True)
)


class AlreadyClaimed(Refused):
    """Somebody was faster, or has had the case for a while."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A case to open. `dedupe_key` makes it the only one of its kind; `due` is a business-time spec or an instant."""

    kind: str
    team: str
    reason: str
    due: str | datetime
    dedupe_key: str
    priority: str = "normal"
    step: str | None = None
    asked: str | None = None
    asked_start: datetime | None = None
    asked_end: datetime | None = None
    patient_id: UUID | None = None
    number_id: UUID | None = None
    enrollment_id: UUID | None = None
    message_id: UUID | None = None
    routed: bool = True
    """False where a person picked the team: the routing table does not move it."""


def open_one(session: Session, opening: Opening) -> Case:
    """Open the case, promise its card and its Task in the EHR; the one that exists already if it was opened before."""
    wishes = preferences.of(session, opening.patient_id) if opening.kind in CALLS else Wishes()
    asking = (opening.kind, opening.team, opening.enrollment_id, opening.patient_id, opening.routed)
    placed = routing.place(session, routing.Asking(*asking))
    made: Case | None = session.scalar(
        insert(Case)
        .values(
            org_id=org_of(session),
            dedupe_key=opening.dedupe_key,
            kind=opening.kind,
            priority=opening.priority,
            reason=opening.reason,
            team_id=placed.id,
            step=opening.step,
            asked=_asked(opening, wishes),
            asked_start=opening.asked_start,
            asked_end=opening.asked_end,
            patient_id=opening.patient_id,
            number_id=opening.number_id,
            enrollment_id=opening.enrollment_id,
            message_id=opening.message_id,
            opened_at=now(session),
            due_at=due(session, replace(opening, team=placed.code), wishes),
            **said(session, opening.message_id),
        )
        .on_conflict_do_nothing(index_elements=["org_id", "dedupe_key"])
        .returning(Case)
    )
    if made is None:
        return session.scalars(
            select(Case).where(Case.org_id == org_of(session), Case.dedupe_key == opening.dedupe_key)
        ).one()
    _tell(session, made, "opened", actor=SYSTEM)
    line = ledger.Line(
        "opened", f"case.{made.kind}", opening.enrollment_id, opening.message_id, made.id, opening.number_id, placed.by
    )
    ledger.write(session, [line])
    return made


def report_stranger(session: Session, workspace: str, external_id: str) -> None:
    """Somebody who is not on the staff list pressed a button: one case for the front office, who know whom to ask."""
    audit.record(
        session, "staff.unknown_click", actor="slack", subject=("slack_user", external_id), workspace=workspace
    )
    if session.scalar(select(Team.id).where(Team.org_id == org_of(session), Team.code == "front_office")) is None:
        return  # the clinic is not set up yet: the audit has it
    opening = Opening(
        kind="admin",
        team="front_office",
        reason="unknown_clicker",
        due="1 business day",
        dedupe_key=f"stranger:{workspace}:{external_id}",
    )
    open_one(session, opening)


def get(session: Session, case_id: UUID) -> Case:
    """The case; Refused when there is none with this id in this organisation."""
    found: Case | None = session.scalar(ONE, {"org": org_of(session), "id": case_id})
    if found is None:
        raise Refused(NO_CASE)
    return found


def by_number(session: Session, number: int) -> Case:
    """The case that people call by this number; Refused when there is none in this organisation."""
    found = session.scalar(select(Case).where(Case.org_id == org_of(session), Case.number == number))
    if found is None:
        raise Refused(f"There is no case {number} here. Nothing was changed.")
    return found


def claim(session: Session, case_id: UUID, *, by: Who) -> Case:
    """Make `by` the owner if nobody is; otherwise AlreadyClaimed says who has it and since when.

    One UPDATE, so two clicks at the same moment cannot both win. Claiming what one owns already changes nothing.
    """
    case = workable(session, case_id, by=by)
    won = case_log.claim(session, case.id, owner=by.id, actor=by.actor, promises=_promises(case))
    if won is None:
        return _why_not(session, get(session, case_id), by)
    for column, value in won._mapping.items():
        set_committed_value(case, column, value)
    paging.follow(session, case)
    return case


def workable(session: Session, case_id: UUID, *, by: Who) -> Case:
    """The case, if `by` may work on cases like it (role and team); Refused says why not. One query."""
    found = session.execute(ONE, {"org": org_of(session), "id": case_id}).one_or_none()
    if found is None:
        raise Refused(NO_CASE)
    case, team, clinical = found
    staff.demand_work_of(by, case, team=team, clinical=clinical)
    return case


def release(session: Session, case_id: UUID, *, by: Who) -> Case:
    """Give an owned case back to its team; a manager may do it for somebody else."""
    case = owned(session, case_id, by=by)
    mine = [Case.state == "claimed", same_owner(case)]
    freed = _change(session, case, mine, owner_id=None, state="open", claimed_at=None)
    if freed is None:
        raise Refused(moved_on(session, case, "released"))
    _tell(session, freed, "released", actor=by.actor, staff_id=by.id)
    return freed


def keep(session: Session, case_id: UUID, *, by: Who) -> Case:
    """The owner is still on it: it does not count as resting from here on."""
    case = owned(session, case_id, by=by)
    if not case_log.keep(session, case.id, owner=case.owner_id, by=by.id, actor=by.actor):
        raise Refused(moved_on(session, case, "kept"))
    return case


def reassign(session: Session, case_id: UUID, *, team: UUID | None = None, to: UUID | None = None, by: Who) -> Case:
    """Move a case to another team's queue (unowned there) or to a colleague who may work on it."""
    case = get(session, case_id)
    demand(by.role, Verb.ASSIGN)
    staff.demand_work(session, by, case)
    changes: dict[str, Any] = {"owner_id": None, "state": "open", "claimed_at": None}
    if team is not None:
        changes["team_id"] = routing.demand_taker(session, team, case.kind)
    if to is not None:
        staff.demand_work(session, staff.of_id(session, to), case)
        on_call.demand_here(session, to)
        changes |= {"owner_id": to, "state": "claimed", "claimed_at": now(session)}
    moved = _change(session, case, [Case.state.in_(("open", "claimed")), same_owner(case)], **changes)
    if moved is None:
        raise Refused(moved_on(session, case, "reassigned"))
    _tell(session, moved, "reassigned", actor=by.actor, staff_id=to)
    return moved


def owned(session: Session, case_id: UUID, *, by: Who) -> Case:
    """The case, if `by` may act on it as its owner (or as a manager); otherwise Refused says whose it is."""
    case = workable(session, case_id, by=by)
    if case.state == "closed":
        raise Refused(f"Case {case.number} is closed already. Nothing was changed.")
    if case.owner_id is None:
        raise Refused(f"Claim case {case.number} first, so that two people do not call the same patient.")
    if case.owner_id != by.id and by.role != "manager":
        raise AlreadyClaimed(f"{staff.name(session, case.owner_id)} has case {case.number}. Nothing was changed.")
    return case


def close(
    session: Session,
    case: Case,
    *,
    disposition: str,
    actor: str,
    staff_id: UUID | None = None,
    for_good: bool = True,
    **also: Any,
) -> Case:
    """Close with a disposition; a clinical case never by automation (C1). Refused when it is closed already.

    The number's turn ends too, unless not `for_good`: then whoever calls sees to it.
    """
    if case.kind in CLINICAL_KINDS and staff_id is None:
        raise Refused("A clinical case is closed by a person only.")
    end = {"state": "closed", "disposition": disposition, "closed_at": now(session), "booking_slot_id": None} | also
    by_person = [same_owner(case)] if staff_id is not None else []
    done = _change(session, case, [Case.state != "closed", *by_person], **end)
    if done is None:
        raise Refused(moved_on(session, case, "closed"))
    _tell(session, done, "closed", actor=actor, staff_id=staff_id, detail=disposition)
    threads.clear(session, done.id)
    if done.number_id is not None and for_good:
        floor.free(session, [done.number_id], rule=floor.TALKING)
    line = ledger.Line("closed", f"case.{disposition}", done.enrollment_id, None, done.id, done.number_id)
    ledger.write(session, [line])
    return done


def close_by_itself(
    session: Session,
    enrollment_ids: Sequence[UUID],
    *,
    disposition: str,
    spare: UUID | None = None,
    kinds: Sequence[str] = (),
) -> None:
    """Close what no longer needs a person (S44): not clinical cases, not one that is being booked, not `spare`."""
    found = select(Case).where(
        Case.org_id == org_of(session),
        Case.enrollment_id.in_(enrollment_ids),
        Case.state.in_(("open", "claimed", "snoozed", "waiting_patient")),
        Case.kind.not_in(CLINICAL_KINDS),
    )
    if kinds:
        found = found.where(Case.kind.in_(kinds), Case.owner_id.is_(None))
    for case in session.scalars(found.order_by(Case.id)):
        if case.id != spare:
            close(session, case, disposition=disposition, actor=SYSTEM)


def change(
    session: Session,
    case: Case,
    what: str,
    *,
    only_if: Sequence[Any],
    actor: str,
    staff_id: UUID | None = None,
    detail: str | None = None,
    **values: Any,
) -> Case | None:
    """Conditional change for the case's other movers (booking, snooze, undo); None when the condition no longer held."""
    done = _change(session, case, only_if, **values)
    if done is not None:
        _tell(session, done, what, actor=actor, staff_id=staff_id, detail=detail)
    return done


def same_owner(case: Case) -> Any:
    """The case is still whose it was when somebody was allowed to act on it: a part of the condition of every act of a person."""
    return Case.owner_id.is_not_distinct_from(case.owner_id)


def moved_on(session: Session, case: Case, done: str) -> str:
    """Why an act that was allowed a moment ago came too late: closed, somebody else's, or in a state that does not allow it."""
    seen = case.owner_id
    found = get(session, case.id)
    if found.state == "closed":
        return f"Case {found.number} is closed already. Nothing was changed."
    if found.owner_id is None and seen is not None:
        return f"Case {found.number} was given back just before you. Nothing was changed. Claim it again."
    if found.owner_id != seen and found.owner_id is not None:
        return f"{staff.name(session, found.owner_id)} has case {found.number} since a moment ago. Nothing was changed."
    return f"Case {found.number} cannot be {done} while it is {_state_words(found)}."


def demand_open(case: Case) -> None:
    """Refuse to begin anything on a case that is over."""
    if case.state == "closed":
        raise Refused(f"Case {case.number} is closed already. Nothing was changed.")


def refresh_card(session: Session, case: Case) -> None:
    """Promise a new rendering of the card."""
    outbox.put(session, Topic.CARD_SYNC, case.id, lane=_card_lane(case))


def card_promises(case: Case) -> list[outbox.Promise]:
    """The card alone, where the EHR is told nothing."""
    return [outbox.Promise(Topic.CARD_SYNC, str(case.id), _card_lane(case))]


def _card_lane(case: Case) -> Lane:
    return Lane.SAFETY if case.priority in paging.LOUD else Lane.ACTIONS


def _change(session: Session, case: Case, only_if: Sequence[Any], **values: Any) -> Case | None:
    return session.scalar(
        update(Case)
        .where(Case.org_id == org_of(session), Case.id == case.id, *only_if)
        .values({"version": Case.version + 1, "writeback": "pending"} | values)
        .returning(Case)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


def _tell(
    session: Session, case: Case, what: str, *, actor: str, staff_id: UUID | None = None, detail: str | None = None
) -> None:
    promises = _promises(case)
    case_log.write(session, case.id, what, actor=actor, promises=promises, staff_id=staff_id, detail=detail)
    paging.follow(session, case)


def _promises(case: Case) -> list[outbox.Promise]:
    """Card and Task follow every change."""
    return [
        outbox.Promise(Topic.CARD_SYNC, str(case.id), _card_lane(case)),
        outbox.Promise(Topic.EHR_TASK, str(case.id), Lane.ACTIONS),
    ]


def _why_not(session: Session, case: Case, by: Who) -> Case:
    if case.owner_id == by.id:
        return case
    if case.owner_id is None or case.claimed_at is None:
        raise Refused(f"Case {case.number} is {_state_words(case)}. Nothing was changed.")
    ago = max(0, int((now(session) - case.claimed_at).total_seconds()))
    words = "just" if ago < 1 else f"{ago} s" if ago < 120 else f"{ago // 60} min"
    who = staff.name(session, case.owner_id)
    if case.state == "closed":
        raise AlreadyClaimed(f"{who} closed case {case.number} already.")
    raise AlreadyClaimed(f"{who} claimed case {case.number} {words} before you. It is theirs now.")


def _state_words(case: Case) -> str:
    return {"booking": "being booked", "waiting_patient": "waiting for the patient"}.get(case.state, case.state)


def due(session: Session, opening: Opening, wishes: Wishes = NO_WISHES) -> datetime:
    """By the team's hours; a call falls into the hours in which the patient wants to be called (S38)."""
    zone = surroundings.organisation_of(session).zone
    if isinstance(opening.due, datetime):
        return opening.due
    by = team_hours.due(session, opening.team, opening.due)
    if opening.kind in CALLS and wishes.call_hours:
        return wishing.call_due(wishes.call_hours, by, zone, at=now(session))
    return by


def _asked(opening: Opening, wishes: Wishes) -> str | None:
    """What the card says was asked for; on a call, how the patient wants to be reached."""
    wished = [wish.words for wish in (wishes.call_hours, wishes.channel) if wish and opening.kind in CALLS]
    return ", ".join([*([opening.asked] if opening.asked else []), *wished]) or None


def said(session: Session, message_id: UUID | None) -> dict[str, Any]:
    """Objection, next step and promise of the message behind a case, as it was read last: data of the case (S26, S92)."""
    if message_id is None:
        return {}
    found = select(ReadingRow.objection, ReadingRow.next_step, ReadingRow.promise).where(
        ReadingRow.org_id == org_of(session), ReadingRow.message_id == message_id
    )
    row = session.execute(found.order_by(ReadingRow.read_at.desc()).limit(1)).first()
    return dict(row._mapping) if row else {}
