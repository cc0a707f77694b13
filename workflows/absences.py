"""Who is off, until when, and who gets their work. Nobody who is off is called or given a case; nothing is taken back by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from storage import audit, ledger, notices
from storage.db import now, org_of
from storage.tables import Absence, Case, Staff, Team
from workflows import business_time, cases, on_call, staff, surroundings, team_hours
from workflows.roles import Role
from workflows.staff import Who

LONGEST = timedelta(days=366)
NOTICE = "absence"
DESK = "front_office"
OWNED = ("claimed", "snoozed", "waiting_patient")
AT_ONCE = 200
HANDED = "handed_over"


@dataclass(frozen=True, slots=True)
class Leave:
    """What somebody asks for: off from/until (aware instants), and who gets their cases; nobody named: the teams' queues."""

    starts_at: datetime
    ends_at: datetime
    backup_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wished:
    """The same as people fill it in: days like 2026-12-24 and times like 08:00 on the clinic's clock; no beginning: now."""

    day: str
    time: str
    from_day: str | None = None
    from_time: str | None = None
    backup_id: UUID | None = None


def asked(session: Session, wished: Wished) -> Leave:
    """Read what was filled in; Refused with the reason."""
    zone, at = surroundings.organisation_of(session).zone, now(session)
    starts_at = at
    if wished.from_day or wished.from_time:
        day = wished.from_day or at.astimezone(ZoneInfo(zone)).date().isoformat()
        starts_at = _instant(day, wished.from_time or "00:00", zone)
    return Leave(starts_at, _instant(wished.day, wished.time, zone), wished.backup_id)


def _instant(day: str, clock: str, zone: str) -> datetime:
    try:
        minutes = time.fromisoformat(clock)
        return business_time.instant(date.fromisoformat(day), minutes.hour * 60 + minutes.minute, zone)
    except (ValueError, OverflowError) as error:
        raise Refused("Days are written like 2026-12-24, times like 08:00. Nothing was changed.") from error


def next_morning(session: Session) -> tuple[str, str]:
    """(day, time) of the office's next opening on a later day: what most people who go off mean."""
    office = team_hours.of(session, DESK)
    local = now(session).astimezone(ZoneInfo(office.zone))
    midnight = business_time.instant(local.date() + timedelta(days=1), 0, office.zone)
    opens = office.opening(midnight).astimezone(ZoneInfo(surroundings.organisation_of(session).zone))
    return opens.date().isoformat(), f"{opens:%H:%M}"


def said(session: Session, absence: Absence) -> list[str]:
    """What is true now, for whoever went off."""
    until = on_call.when(session, absence.ends_at)
    if absence.handed_at is None:
        return [
            f"You are off from {on_call.when(session, absence.starts_at)} until {until}. Your cases are handed over then."
        ]
    count = len(absence.handed)
    if not count:
        return [f"You are off until {until}. You had no cases to hand over."]
    names = {entry.partition(">")[2] for entry in absence.handed}
    to = ", ".join(sorted(_name(session, receiver) for receiver in names))
    what = f"{count} case{'' if count == 1 else 's'} handed over to {to}."
    return [f"You are off until {until}.", f"{what} They stay there when you are back."]


def _name(session: Session, receiver: str) -> str:
    if receiver.startswith("stf_"):
        return staff.name(session, parse("stf", receiver))
    team = select(Team.name).where(Team.org_id == org_of(session), Team.id == parse("tem", receiver))
    return session.scalars(team).one()


def off(session: Session) -> dict[UUID, datetime]:
    """Everybody who is off now, with the instant until which."""
    return on_call.off(session)


def leave(session: Session, asked: Leave, *, by: Who, who: UUID | None = None) -> Absence:
    """Put `by` (a manager or admin: somebody else) down as off; what they have is handed over at once when it begins now.

    Asked again for the same beginning, the end and the backup are corrected. Refused with the reason.
    """
    person = who or by.id
    if person != by.id and by.role not in (Role.MANAGER, Role.ADMIN):
        raise Refused("A manager puts somebody else down as off. Nothing was changed.")
    at = now(session)
    starts_at = max(asked.starts_at, at)
    if asked.ends_at <= starts_at or asked.ends_at - at > LONGEST:
        raise Refused("Off until a time that is still to come, within a year. Nothing was changed.")
    _demand_backup(session, asked, person=person, starts_at=starts_at)
    kept = {"ends_at": asked.ends_at, "backup_id": asked.backup_id, "made_by_id": by.id, "ended_at": None}
    row = insert(Absence).values(org_id=org_of(session), staff_id=person, kind="off", starts_at=starts_at, **kept)
    made: Absence = session.scalars(
        row.on_conflict_do_update(
            index_elements=["org_id", "staff_id", "kind", "scope", "starts_at"], set_=kept
        ).returning(Absence),
        execution_options={"populate_existing": True},
    ).one()
    on_call.forget_off(session)
    audit.record(
        session, "staff.off", actor=by.actor, subject=("staff", show("stf", person)), until=asked.ends_at.isoformat(),
        backup=show("stf", asked.backup_id) if asked.backup_id else "team",
    )  # fmt: skip
    if starts_at <= at:
        hand_over(session, made)
    return made


def back(session: Session, *, by: Who) -> int:
    """`by` is here again, earlier than said; how many absences that ends. Cases stay with whom they went to."""
    at = now(session)
    mine = (Absence.org_id == org_of(session)) & (Absence.staff_id == by.id) & (Absence.kind == "off")
    ended = session.scalars(
        update(Absence)
        .where(mine, Absence.starts_at <= at, Absence.ends_at > at, Absence.ended_at.is_(None))
        .values(ended_at=at)
        .returning(Absence.id)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        on_call.forget_off(session)
        audit.record(session, "staff.back", actor=by.actor, subject=("staff", show("stf", by.id)))
    return len(ended)


def begin_due(session: Session) -> int:
    """Hand over for absences whose time has come and for shifts that ended; how many. The clock calls it."""
    _shifts_that_ended(session)
    due = (
        select(Absence)
        .where(
            Absence.org_id == org_of(session),
            Absence.handed_at.is_(None),
            Absence.ended_at.is_(None),
            Absence.starts_at <= now(session),
        )
        .order_by(Absence.starts_at)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    rows = list(session.scalars(due))
    for row in rows:
        hand_over(session, row)
    return len(rows)


def hand_over(session: Session, absence: Absence) -> None:
    """What this person has goes to the backup where they may take it, else to the team's queue; one summary to each who gets some."""
    mine = select(Case, Team).join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
    found = mine.where(
        Case.org_id == absence.org_id, Case.owner_id == absence.staff_id, Case.state.in_(OWNED)
    ).order_by(Case.due_at)
    if absence.scope:
        found = found.where(Team.code == absence.scope)
    handed = [
        entry
        for case, team in session.execute(found.limit(AT_ONCE)).all()
        if not _stays(session, absence, case) and (entry := _pass(session, absence, case, team))
    ]
    if len(handed) < AT_ONCE:  # else the clock goes on with the next ones
        absence.handed_at = now(session)
    absence.handed = [*absence.handed, *handed]
    session.flush()
    for receiver in dict.fromkeys(entry.partition(">")[2] for entry in handed):
        channel = _channel(session, receiver)
        if channel is not None:
            notices.tell(session, NOTICE, absence.id, channel=channel)


def _demand_backup(session: Session, asked: Leave, *, person: UUID, starts_at: datetime) -> None:
    if asked.backup_id is None:
        return
    if asked.backup_id == person:
        raise Refused("Somebody else has to take over. Nothing was changed.")
    backup = staff.of_id(session, asked.backup_id)
    away = select(Absence.ends_at).where(
        Absence.org_id == org_of(session), Absence.staff_id == backup.id, Absence.kind == "off",
        Absence.ended_at.is_(None), Absence.starts_at < asked.ends_at, Absence.ends_at > starts_at,
    )  # fmt: skip
    if session.scalar(away.limit(1)) is not None:
        raise Refused(f"{backup.name} is off in that time too. Nothing was changed. Name somebody else, or the team.")


def _pass(session: Session, absence: Absence, case: Case, team: Team) -> str | None:
    to = _taker(session, absence, case, team)
    values: dict[str, Any] = {"owner_id": to, "claimed_at": now(session) if to else None}
    if to is None and case.state != "snoozed":
        values["state"] = "open"
    still = [Case.owner_id == absence.staff_id, Case.state == case.state]
    moved = cases.change(session, case, HANDED, only_if=still, actor=cases.SYSTEM, staff_id=to, **values)
    if moved is None:
        return None
    line = ledger.Line("opened", f"case.{HANDED}", moved.enrollment_id, None, moved.id, moved.number_id)
    ledger.write(session, [line])
    return f"{show('cas', case.id)}>{show('stf', to) if to else show('tem', team.id)}"


def _stays(session: Session, absence: Absence, case: Case) -> bool:
    """Somebody who may do less than before keeps what they may still work on."""
    if absence.kind != "less":
        return False
    try:
        staff.demand_work(session, staff.of_id(session, absence.staff_id), case)
    except Refused:
        return False
    return True


def _taker(session: Session, absence: Absence, case: Case, team: Team) -> UUID | None:
    """The named backup, else (of a shift that ended, or access that did) whose shift it is now; None: the team's queue."""
    wanted = absence.backup_id
    if wanted is None and absence.kind != "off":
        wanted = next((one for one in on_call.on_shift(session, team) if one != absence.staff_id), None)
    if wanted is None or wanted in off(session):
        return None
    try:
        staff.demand_work(session, staff.of_id(session, wanted), case)
    except Refused:
        return None
    return wanted


def _channel(session: Session, receiver: str) -> str | None:
    """Where the summary goes: the person's direct messages, or the team's channel."""
    if receiver.startswith("stf_"):
        return staff.slack_id(session, parse("stf", receiver))
    return session.scalar(
        select(Team.channel_id).where(Team.org_id == org_of(session), Team.id == parse("tem", receiver))
    )


def handed_to(session: Session, absence: Absence, *, channel: str) -> list[str]:
    """What of it went to whom this channel reaches."""
    receivers = {entry.partition(">")[2] for entry in absence.handed}
    here = {receiver for receiver in receivers if _channel(session, receiver) == channel}
    return [entry for entry in absence.handed if entry.partition(">")[2] in here]


def _shifts_that_ended(session: Session) -> None:
    """A row for each shift of a rota that ended within the last day, once; the next one's person takes over."""
    for team, staff_id, ended in on_call.ended_shifts(session, within=timedelta(days=1)):
        row = insert(Absence).values(
            org_id=org_of(session), staff_id=staff_id, kind="shift", scope=team, starts_at=ended, ends_at=ended
        )
        session.execute(row.on_conflict_do_nothing())


def coming(session: Session, people: Sequence[UUID]) -> list[Absence]:
    """Absences of these people that are not over, soonest first."""
    found = select(Absence).where(
        Absence.org_id == org_of(session), Absence.kind == "off", Absence.staff_id.in_(people),
        Absence.ended_at.is_(None), Absence.ends_at > now(session),
    )  # fmt: skip
    return list(session.scalars(found.order_by(Absence.starts_at)))


def colleagues(session: Session, who: Who) -> list[tuple[UUID, str]]:
    """Who may be named as backup: everybody active but oneself and those who are off now."""
    away = off(session)
    found = select(Staff.id, Staff.name).where(
        Staff.org_id == org_of(session), Staff.active, Staff.id != who.id, Staff.role.not_in(("viewer", "auditor"))
    )
    return [(id_, name) for id_, name in session.execute(found.order_by(Staff.name)).all() if id_ not in away]
