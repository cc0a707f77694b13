"""Slack accounts of staff: which of them give access, told by Slack's events and by a sweep of the workspace (docs/people.md)."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit
from storage.db import org_of
from storage.tables import StaffIdentity
from workflows import departures

DEACTIVATED, GUEST, MOVED = "deactivated", "guest", "moved"


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


def has_account(session: Session, staff_id: UUID) -> bool:
    """Whether this person has a Slack account in good standing."""
    good = select(StaffIdentity.id).where(
        StaffIdentity.org_id == org_of(session), StaffIdentity.staff_id == staff_id, StaffIdentity.lost.is_(None)
    )
    return session.scalar(good.limit(1)) is not None


def known(session: Session, workspace: str, external_id: str) -> bool:
    """Whether this account is somebody's of the staff list, with access or without."""
    return session.scalar(select(StaffIdentity.id).where(_this(session, workspace, external_id))) is not None


def _this(session: Session, workspace: str, external_id: str) -> ColumnElement[bool]:
    return (
        (StaffIdentity.org_id == org_of(session))
        & (StaffIdentity.workspace == workspace)
        & (StaffIdentity.external_id == external_id)
    )
