"""Somebody loses access: role, sessions and cases go at once, the right people are told, and only an admin gives it back."""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, notices
from storage.db import now, org_of
from storage.tables import Absence, Case, PageLink, PageSession, SignInCode, Staff
from workflows import absences, cases, on_call, paging, staff
from workflows.roles import Role

LEFT, LESS = "left", "less"
"""Kinds of absence: access ended; a role or team ended, and with it some cases."""
GONE, BACK = "staff_left", "staff_back"
"""Kinds of notice to admins, each about the absence that is the departure."""
NO_ADMIN = "no_admin"
TEAM = "front_office"
DUE = "4 business hours"


def end(session: Session, staff_id: UUID, *, why: str, actor: str = "slack") -> bool:
    """Take this person's access and hand over what they have; False when they had none. One UPDATE: two witnesses end it once."""
    gone = session.scalar(
        update(Staff)
        .where(Staff.org_id == org_of(session), Staff.id == staff_id, Staff.active)
        .values(active=False, left_at=now(session), left_why=why)
        .returning(Staff)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if gone is None:
        return False
    _sign_out(session, staff_id)
    on_call.forget_off(session)
    audit.record(session, "staff.left", actor=actor, subject=("staff", show("stf", staff_id)), why=why, role=gone.role)
    row = hand_over(session, staff_id, kind=LEFT)
    tell_admins(session, GONE, row.id)
    if gone.role == Role.ADMIN:
        demand_admin(session)
    return True


def hand_over(session: Session, staff_id: UUID, *, kind: str) -> Absence:
    """Pass on what this person has (`less`: what they may not work on any more), as when somebody goes off."""
    at = now(session)
    values = {"starts_at": at, "ends_at": at, "backup_id": _named_backup(session, staff_id)}
    made = insert(Absence).values(org_id=org_of(session), staff_id=staff_id, kind=kind, **values)
    row: Absence = session.scalars(
        made.on_conflict_do_update(
            index_elements=["org_id", "staff_id", "kind", "scope", "starts_at"], set_={"handed_at": None}
        ).returning(Absence),
        execution_options={"populate_existing": True},
    ).one()
    absences.hand_over(session, row)
    return row


def mop_up(session: Session) -> int:
    """Pass on what still belongs to people without access: a booking was under way, a click came in the same moment."""
    owner = (Staff.org_id == Case.org_id) & (Staff.id == Case.owner_id)
    left = select(Case.owner_id).join(Staff, owner).where(Case.org_id == org_of(session), ~Staff.active)
    found = session.scalars(left.where(Case.state.in_(absences.OWNED)).distinct().limit(20)).all()
    for staff_id in found:
        if staff_id is not None:
            hand_over(session, staff_id, kind=LEFT)
    return len(found)


def may_return(session: Session, staff_id: UUID) -> None:
    """Their account is in good standing again: admins are told, with the button that gives access back, or that somebody pressed it."""
    row = _departure(session, staff_id)
    person = select(Staff.active).where(Staff.org_id == org_of(session), Staff.id == staff_id)
    if row is not None and (not session.scalar(person) or notices.standing(session, BACK, row.id)):
        tell_admins(session, BACK, row.id)


def tell_admins(session: Session, kind: str, absence_id: UUID) -> None:
    """A direct message to each admin; without any to the managers."""
    for person in on_call.admins(session):
        account = staff.slack_id(session, person.id)
        if account is not None:
            notices.tell(session, kind, absence_id, channel=account)


def demand_admin(session: Session) -> None:
    """No admin is left: managers hear of it at once, in Slack and by text. One alert a day."""
    other = select(Staff.id).where(Staff.org_id == org_of(session), Staff.active, Staff.role == Role.ADMIN)
    if session.scalar(other.limit(1)) is not None:
        return
    opening = cases.Opening(
        kind="system_alert", team=TEAM, reason=NO_ADMIN, due=DUE, priority="high",
        dedupe_key=f"{NO_ADMIN}:{now(session).date()}",
    )  # fmt: skip
    case = cases.open_one(session, opening)
    managers = on_call.managers(session)
    paging.tell(session, case, managers, tier=paging.NO_ADMIN)
    for person in managers:
        if person.has_phone:
            paging.text_person(session, case, person.id, tier=paging.NO_ADMIN)


def lists_with(session: Session, staff_id: UUID) -> list[str]:
    """Teams whose on-call list or rota still names this person."""
    email = session.scalar(select(Staff.email).where(Staff.org_id == org_of(session), Staff.id == staff_id)) or ""
    return on_call.teams_naming(session, email)


def departure(session: Session, absence_id: UUID) -> tuple[Absence, Staff]:
    """The row a notice is about, with the person as they stand now."""
    person = (Staff.org_id == Absence.org_id) & (Staff.id == Absence.staff_id)
    found = (
        select(Absence, Staff).join(Staff, person).where(Absence.org_id == org_of(session), Absence.id == absence_id)
    )
    absence, who = session.execute(found).one()
    return absence, who


def _departure(session: Session, staff_id: UUID) -> Absence | None:
    found = select(Absence).where(Absence.org_id == org_of(session), Absence.staff_id == staff_id, Absence.kind == LEFT)
    return session.scalar(found.order_by(Absence.starts_at.desc()).limit(1))


def _sign_out(session: Session, staff_id: UUID) -> None:
    """Sessions of the page, links to it and codes for it are good for nothing from here on."""
    for table in (PageSession, PageLink):
        mine = (table.org_id == org_of(session)) & (table.staff_id == staff_id)
        session.execute(delete(table).where(mine).execution_options(synchronize_session=False))
    codes = (SignInCode.org_id == org_of(session)) & (SignInCode.staff_id == staff_id) & SignInCode.used_at.is_(None)
    session.execute(update(SignInCode).where(codes).values(code=None).execution_options(synchronize_session=False))


def _named_backup(session: Session, staff_id: UUID) -> UUID | None:
    """Whom they had named for a time off that is running; else the teams' rota and queue decide."""
    at = now(session)
    off = select(Absence.backup_id).where(
        Absence.org_id == org_of(session), Absence.staff_id == staff_id, Absence.kind == "off",
        Absence.ended_at.is_(None), Absence.starts_at <= at, Absence.ends_at > at,
    )  # fmt: skip
    return session.scalar(off.order_by(Absence.starts_at.desc()).limit(1))
