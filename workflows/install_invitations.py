"""Who may bind a Slack install to an organisation: whoever holds an invitation an admin made; then OAuth's `state`, of one browser.

All times are machine time. An invitation is good for three days and one install, a state for ten minutes and one return from Slack.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core import clock
from core.crypto import token_hash
from core.errors import Refused
from storage import audit
from storage.db import new_id, org_of
from storage.tables import InstallInvitation, InstallState
from workflows import page_access

INVITED_FOR = timedelta(days=3)
STATE_FOR = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)
MOST_STATES = 20  # under way at a time by one invitation
AGAIN = "Nothing was connected. Open the invitation's link again."
NOT_OURS = "This invitation is not complete, or not one of ours. Nothing was connected. Ask an admin for a new one."
USED = "This invitation was used already: a workspace is connected by it. Ask an admin for a new one to connect again."


class DeadState(Refused):
    """The way back from Slack does not belong to a way there that is still open."""


def invite(session: Session, *, actor: str) -> str:
    """A token that binds one install, whatever workspace it is of, to this organisation. Shown once; only its hash is kept.

    The newest alone is good: one that went astray is taken back by making another.
    """
    token, at, row = page_access.token(session), clock.machine(), new_id(session)
    _forget_old(session)
    mine = (InstallInvitation.org_id == org_of(session)) & InstallInvitation.used_at.is_(None)
    session.execute(
        update(InstallInvitation)
        .where(mine, InstallInvitation.expires_at > at)
        .values(expires_at=at)
        .execution_options(synchronize_session=False)
    )
    session.add(
        InstallInvitation(
            org_id=org_of(session),
            id=row,
            token_hash=token_hash(token),
            made_by=actor,
            made_at=at,
            expires_at=at + INVITED_FOR,
        )
    )
    audit.record(session, "slack.invited", actor=actor, subject=("invitation", row))
    return token


def begin(session: Session, invitation: str, *, browser: str) -> str:
    """The state with which a browser goes to Slack. Refused when the invitation is used, too old, or none of ours."""
    at = clock.machine()
    found = session.execute(
        select(InstallInvitation.id, InstallInvitation.used_at, InstallInvitation.expires_at).where(
            InstallInvitation.org_id == org_of(session), InstallInvitation.token_hash == token_hash(invitation)
        )
    ).one_or_none()
    if found is None:
        raise Refused(NOT_OURS)
    if found.used_at is not None:
        raise Refused(USED)
    if found.expires_at <= at:
        raise Refused(
            "This invitation is older than 3 days, or a newer one was made. Nothing was connected. Ask an admin for a new one."
        )
    under_way = (InstallState.org_id == org_of(session)) & (InstallState.invitation_id == found.id)
    session.execute(delete(InstallState).where(under_way, InstallState.expires_at <= at - STATE_FOR))
    if (session.scalar(select(func.count()).select_from(InstallState).where(under_way)) or 0) >= MOST_STATES:
        raise Refused("This link was opened very often in the last minutes. Wait ten minutes, then open it again.")
    state = page_access.token(session)
    session.add(
        InstallState(
            org_id=org_of(session),
            id=new_id(session),
            token_hash=token_hash(state),
            browser_hash=token_hash(browser),
            invitation_id=found.id,
            expires_at=at + STATE_FOR,
        )
    )
    return state


def spend(session: Session, state: str, *, browser: str) -> UUID:
    """The invitation behind a state that comes back in the browser it left in, for the first time. DeadState otherwise.

    One UPDATE, so of two returns at the same moment one gets in.
    """
    mine = (InstallState.org_id == org_of(session)) & (InstallState.token_hash == token_hash(state))
    at = clock.machine()
    invitation = session.scalar(
        update(InstallState)
        .where(
            mine,
            InstallState.browser_hash == token_hash(browser),
            InstallState.used_at.is_(None),
            InstallState.expires_at > at,
        )
        .values(used_at=at)
        .returning(InstallState.invitation_id)
        .execution_options(synchronize_session=False)
    )
    if invitation is None:
        raise DeadState(_why_dead(session, state, browser))
    return invitation


def use(session: Session, invitation_id: UUID) -> str:
    """The invitation has bound its one install; who made it. Refused when another install was faster."""
    made_by = session.scalar(
        update(InstallInvitation)
        .where(
            InstallInvitation.org_id == org_of(session),
            InstallInvitation.id == invitation_id,
            InstallInvitation.used_at.is_(None),
        )
        .values(used_at=clock.machine())
        .returning(InstallInvitation.made_by)
        .execution_options(synchronize_session=False)
    )
    if made_by is None:
        raise Refused(USED)
    return made_by


def _why_dead(session: Session, state: str, browser: str) -> str:
    found = session.execute(
        select(InstallState.browser_hash, InstallState.used_at).where(
            InstallState.org_id == org_of(session), InstallState.token_hash == token_hash(state)
        )
    ).one_or_none()
    if found is None:
        return f"This way back from Slack is not one of ours. {AGAIN}"
    if found.used_at is not None:
        return "This way back from Slack was used already. If the first try did not connect, open the invitation's link again."
    if found.browser_hash != token_hash(browser):
        return f"This was begun in another browser. {AGAIN}"
    return f"More than 10 minutes went by in Slack. {AGAIN}"


def _forget_old(session: Session) -> None:
    """Invitations and states long over are of no use to anybody; the audit tells of them."""
    before = clock.machine() - KEPT_FOR
    session.execute(
        delete(InstallState).where(InstallState.org_id == org_of(session), InstallState.expires_at < before)
    )
    left = select(InstallState.id).where(
        InstallState.org_id == InstallInvitation.org_id, InstallState.invitation_id == InstallInvitation.id
    )
    session.execute(
        delete(InstallInvitation).where(
            InstallInvitation.org_id == org_of(session), InstallInvitation.expires_at < before, ~left.exists()
        )
    )
