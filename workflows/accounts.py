"""Slack accounts of staff: which of them give access, and whose they are. Slack's events say it at once, a sweep of the whole workspace
says what an event did not (docs/people.md)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock, log
from core.ids import show
from storage import audit, notices, outbox, receipts
from storage.db import org_of
from storage.outbox import Lane, Topic
from storage.tables import AccountSweep, Route, SlackWorkspace, Staff, StaffIdentity
from workflows import departures, user_groups

DEACTIVATED, GUEST, MOVED = "deactivated", "guest", "moved"
UNFOUND = "staff_unfound"
"""The notice to admins about somebody whose e-mail nobody has in Slack."""
EVERY = timedelta(minutes=2)
STUCK = timedelta(minutes=15)
A_CALL_S = 3.0  # users.list and usergroups.users.list take 20 calls a minute
FEW = 3


@dataclass(frozen=True, slots=True)
class Account:
    """A Slack account as Slack describes it; `lost` is why it can give nobody access, None for a member in good standing."""

    id: str
    email: str = field(repr=False)
    name: str = field(repr=False)
    lost: str | None = None
    bot: bool = False


def seen(session: Session, workspace: str, account: Account) -> None:
    """Slack has said how this account stands. Whoever has no account left in good standing loses access now.

    An account that comes back gives nothing back by itself: admins are told, and one of them decides.
    """
    staff_id = session.scalar(
        update(StaffIdentity)
        .where(_this(session, workspace, account.id), StaffIdentity.lost.is_distinct_from(account.lost))
        .values(lost=account.lost)
        .returning(StaffIdentity.staff_id)
        .execution_options(synchronize_session=False)
    )
    if staff_id is None:
        return
    what = "staff.account_lost" if account.lost else "staff.account_back"
    audit.record(session, what, actor="slack", subject=("staff", show("stf", staff_id)), why=account.lost)
    if account.lost is None:
        departures.may_return(session, staff_id)
    elif not has_account(session, staff_id):
        departures.end(session, staff_id, why=account.lost)


def gone(session: Session, workspace: str, external_id: str) -> None:
    """The workspace knows nobody by this id."""
    seen(session, workspace, Account(external_id, "", "", lost=MOVED))


def has_account(session: Session, staff_id: UUID) -> bool:
    """Whether this person has a Slack account in good standing."""
    good = select(StaffIdentity.id).where(
        StaffIdentity.org_id == org_of(session), StaffIdentity.staff_id == staff_id, StaffIdentity.lost.is_(None)
    )
    return session.scalar(good.limit(1)) is not None


def known(session: Session, workspace: str, account: Account) -> bool:
    """Whether this account is somebody's of the staff list, or could be by its e-mail."""
    mine = select(StaffIdentity.id).where(_this(session, workspace, account.id))
    return session.scalar(mine) is not None or bool(_without(session, workspace, [account.email]))


def bind(session: Session, workspace: str, account: Account) -> UUID | None:
    """Whoever of the staff list has this e-mail, and no account here yet, has this one from now on. Never a guest's, never a bot's."""
    if account.lost or account.bot or not account.email:
        return None
    staff_id = _without(session, workspace, [account.email]).get(account.email)
    if staff_id is None:
        return None
    row = insert(StaffIdentity).values(
        org_id=org_of(session), staff_id=staff_id, workspace=workspace, external_id=account.id
    )
    if session.scalar(row.on_conflict_do_nothing().returning(StaffIdentity.id)) is None:
        return None
    audit.record(session, "staff.account_found", actor="slack", subject=("staff", show("stf", staff_id)))
    departures.may_return(session, staff_id)
    _tell_found(session, staff_id)
    return staff_id


def admit(session: Session, workspace: str, account: Account) -> UUID | None:
    """Whose account this is; somebody of a user group whom nobody has on the list yet is put there, without a role."""
    found = session.scalar(select(StaffIdentity.staff_id).where(_this(session, workspace, account.id)))
    if found is not None or account.lost or account.bot or not account.email:
        return found
    row = insert(Staff).values(
        org_id=org_of(session), name=account.name or account.email, email=account.email, role="viewer", role_by="group",
        active=False, left_why="no_role",
    )  # fmt: skip
    taken = select(Staff.id).where(Staff.org_id == org_of(session), func.lower(Staff.email) == account.email)
    if session.scalar(taken) is None:
        made = session.scalar(row.on_conflict_do_nothing().returning(Staff.id))
        if made is not None:
            audit.record(session, "staff.admitted", actor="slack", subject=("staff", show("stf", made)))
    return bind(session, workspace, account)


def find_missing(session: Session) -> None:
    """Promise to look up by e-mail everybody of the staff list who has no Slack account yet."""
    found = select(Staff.id).where(Staff.org_id == org_of(session), ~_identity().exists())
    for staff_id in session.scalars(found):
        outbox.put(session, Topic.ACCOUNT_FIND, staff_id, lane=Lane.ACTIONS)


def email_of(session: Session, staff_id: UUID) -> str | None:
    """What to look up; None where an account is known meanwhile."""
    found = select(Staff.email).where(Staff.org_id == org_of(session), Staff.id == staff_id, ~_identity().exists())
    return session.scalar(found)


def not_found(session: Session, staff_id: UUID, email: str) -> None:
    """Nobody in Slack has this e-mail: admins are told, once an e-mail."""
    if receipts.first(session, "staff.unfound", f"{show('stf', staff_id)}:{email.lower()}"):
        audit.record(session, "staff.account_unknown", actor="slack", subject=("staff", show("stf", staff_id)))
        departures.tell_admins(session, UNFOUND, staff_id)


def promise_sweep(session: Session) -> None:
    """Begin a sweep of each workspace two minutes after the last one ended. The clock calls it each second."""
    at = clock.machine()
    for workspace in workspaces(session):
        fresh = {"began_at": at, "cursor": "", "ended_at": None}
        row = insert(AccountSweep).values(org_id=org_of(session), workspace=workspace, **fresh)
        again = row.on_conflict_do_update(
            index_elements=["org_id", "workspace"],
            set_=fresh,
            where=or_(AccountSweep.ended_at <= at - EVERY, AccountSweep.began_at <= at - STUCK),
        )
        if session.scalar(again.returning(AccountSweep.workspace)) is not None:
            outbox.put(session, Topic.ACCOUNT_SWEEP, workspace, lane=Lane.ACTIONS)


def workspaces(session: Session) -> dict[str, list[str]]:
    """The workspaces of this organisation by the one under which their people are known: several only in one Enterprise organisation."""
    mine = SlackWorkspace.org_id == org_of(session)
    installed = select(SlackWorkspace.people, SlackWorkspace.team_id, SlackWorkspace.cut_at).where(mine)
    rows = session.execute(installed.order_by(SlackWorkspace.added_at)).all()
    if not rows:
        routes = select(Route.key).where(Route.org_id == org_of(session), Route.kind == "slack.team")
        return {team: [team] for team in session.scalars(routes)}
    found: dict[str, list[str]] = {}
    for people, team, cut_at in rows:
        if cut_at is None:
            found.setdefault(people, []).append(team)
    return found


def next_page(session: Session, workspace: str) -> tuple[AccountSweep, str, str] | None:
    """(the sweep under way, which workspace, where in its list); None when it is through."""
    going = (AccountSweep.org_id == org_of(session)) & (AccountSweep.workspace == workspace)
    sweep = session.scalar(select(AccountSweep).where(going, AccountSweep.ended_at.is_(None)))
    teams = workspaces(session).get(workspace, [])
    if sweep is None or not teams:
        return None
    team, _, cursor = sweep.cursor.partition(" ")
    return sweep, team or teams[0], cursor


def after_page(session: Session, workspace: str, team: str, *, cursor: str) -> str:
    """What a sweep reads after this page: the same list from `cursor` on, else the next workspace; empty at the end."""
    if cursor:
        return f"{team} {cursor}"
    teams = workspaces(session).get(workspace, [])
    rest = teams[teams.index(team) + 1 :] if team in teams else []
    return f"{rest[0]} " if rest else ""


def swept(session: Session, sweep: AccountSweep, page: Sequence[Account], *, after: str) -> None:
    """Take in one page; promise the next one, or look after whom the whole listing did not name."""
    by_id = {account.id: account for account in page}
    _meet(session, sweep, by_id)
    unbound = {one.email: one for one in page if one.email and not one.lost and not one.bot}
    for email in _without(session, sweep.workspace, list(unbound)):
        bind(session, sweep.workspace, unbound[email])
    here = (AccountSweep.org_id == org_of(session)) & (AccountSweep.workspace == sweep.workspace)
    same = here & (AccountSweep.began_at == sweep.began_at) & (AccountSweep.cursor == sweep.cursor)
    moved = update(AccountSweep).where(same, AccountSweep.ended_at.is_(None))
    values = {"cursor": after} if after else {"ended_at": clock.machine()}
    done = moved.values(**values).returning(AccountSweep.workspace).execution_options(synchronize_session=False)
    if session.scalar(done) is None:  # another worker took this page in
        return
    if after:
        outbox.put(session, Topic.ACCOUNT_SWEEP, sweep.workspace, lane=Lane.ACTIONS, delay_s=A_CALL_S)
        return
    _look_after_unmet(session, sweep)
    user_groups.promise_all(session, every_s=A_CALL_S)


def _meet(session: Session, sweep: AccountSweep, by_id: dict[str, Account]) -> None:
    """Mark those of ours as met, and act on those that stand otherwise than before."""
    met = (
        update(StaffIdentity)
        .where(
            StaffIdentity.org_id == org_of(session), StaffIdentity.workspace == sweep.workspace,
            StaffIdentity.external_id.in_(list(by_id)),
        )
        .values(seen_at=sweep.began_at)
        .returning(StaffIdentity.external_id, StaffIdentity.lost)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    for external_id, lost in session.execute(met).all():
        if by_id[external_id].lost != lost:
            seen(session, sweep.workspace, by_id[external_id])


def _look_after_unmet(session: Session, sweep: AccountSweep) -> None:
    """Accounts of ours that no page named are asked for one by one; when most are missing, the listing is to blame."""
    ours = (StaffIdentity.org_id == org_of(session)) & (StaffIdentity.workspace == sweep.workspace)
    good = select(StaffIdentity.external_id, StaffIdentity.seen_at).where(ours, StaffIdentity.lost.is_(None))
    rows = session.execute(good).all()
    unmet = [external_id for external_id, at in rows if at is None or at < sweep.began_at]
    if len(unmet) > FEW and 2 * len(unmet) > len(rows):
        log.get().error("accounts.not_listed", count=len(unmet))
        return
    for external_id in unmet:
        outbox.put(session, Topic.ACCOUNT_LOOK, f"{sweep.workspace}:{external_id}", lane=Lane.ACTIONS)


def _without(session: Session, workspace: str, emails: Sequence[str]) -> dict[str, UUID]:
    """Staff by e-mail who have no account in good standing in this workspace."""
    if not any(emails):
        return {}
    lower = func.lower(Staff.email)
    here = _identity().where(StaffIdentity.workspace == workspace, StaffIdentity.lost.is_(None))
    found = select(lower, Staff.id).where(Staff.org_id == org_of(session), lower.in_(emails), ~here.exists())
    return {row[0]: row[1] for row in session.execute(found)}


def _tell_found(session: Session, staff_id: UUID) -> None:
    """The notice that they could not be found, where it stands, says so."""
    for channel in notices.standing(session, UNFOUND, staff_id):
        notices.tell(session, UNFOUND, staff_id, channel=channel)


def _identity() -> Select[UUID]:
    return select(StaffIdentity.id).where(StaffIdentity.org_id == Staff.org_id, StaffIdentity.staff_id == Staff.id)


def _this(session: Session, workspace: str, external_id: str) -> ColumnElement[bool]:
    return (
        (StaffIdentity.org_id == org_of(session))
        & (StaffIdentity.workspace == workspace)
        & (StaffIdentity.external_id == external_id)
    )
