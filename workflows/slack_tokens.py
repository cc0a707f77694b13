"""Token rotation: newer tokens are asked for hours before the old one ends, by one worker at a time, with no transaction open meanwhile.

A refresh token is good once. `generation` counts the pairs: an answer is kept while the pair it replaces still stands, however late it
comes, and a refusal counts only then. So a worker that dies between Slack's answer and its commit costs the pair, not the hours that are
left: the next one is refused, and an admin hears of it while the old token still works. Times are machine time.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from core import clock
from storage import audit, outbox
from storage.db import org_of, vault
from storage.outbox import Lane, Topic
from storage.tables import SlackInstall
from workflows import slack_refusals
from workflows.slack_installs import BOT_TOKEN, REFRESH_TOKEN, expiry

BEFORE = timedelta(hours=4)
"""Of twelve: time for an admin to connect it again, should Slack give no newer one."""
LEASE = timedelta(seconds=60)  # more than twice what a call to Slack may take


@dataclass(frozen=True, slots=True)
class Fresh:
    """A newer pair, as Slack gave it."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to ask Slack for newer tokens of one install."""

    install_id: UUID
    generation: int
    refresh_token: str = field(repr=False)


def promise(session: Session) -> int:
    """Have the tokens renewed that end soon; how many. The clock calls it every few seconds."""
    soon = select(SlackInstall.id).where(_waits(session), SlackInstall.expires_at <= clock.machine() + BEFORE)
    found = session.scalars(soon).all()
    for install_id in found:
        outbox.put(session, Topic.SLACK_ROTATE, install_id, lane=Lane.ACTIONS)
    return len(found)


def take(session: Session, install_id: UUID, *, generation: int | None = None) -> Turn | None:
    """Take the turn; None when somebody has it, or there is nothing to ask with. `generation`: only while this pair still stands."""
    picked = (
        select(SlackInstall.id, SlackInstall.refresh_token, SlackInstall.generation)
        .where(_waits(session), SlackInstall.id == install_id)
        .with_for_update(skip_locked=True)
    )
    row = session.execute(picked).one_or_none()
    if row is None or (generation is not None and row.generation != generation):
        return None
    mine = (SlackInstall.org_id == org_of(session)) & (SlackInstall.id == install_id)
    session.execute(
        update(SlackInstall)
        .where(mine)
        .values(lease_until=clock.machine() + LEASE)
        .execution_options(synchronize_session=False)
    )
    return Turn(install_id, row.generation, vault(session).open(row.refresh_token, REFRESH_TOKEN, install_id))


def settle(session: Session, turn: Turn, fresh: Fresh) -> bool:
    """Keep the newer pair; False when the one it replaces is not there any more (a re-install, or the end)."""
    keys = vault(session)
    kept = session.scalar(
        update(SlackInstall)
        .where(_of(session, turn))
        .values(
            bot_token=keys.seal(fresh.token, BOT_TOKEN, turn.install_id),
            refresh_token=keys.seal(fresh.refresh_token, REFRESH_TOKEN, turn.install_id),
            expires_at=expiry(clock.machine(), fresh.expires_in_s),
            generation=turn.generation + 1,
            lease_until=None,
            refused=None,
        )
        .returning(SlackInstall.id)
        .execution_options(synchronize_session=False)
    )
    if kept is not None:
        audit.record(session, "slack.token_renewed", actor="system", subject=("slack_install", turn.install_id))
    return kept is not None


def give_back(session: Session, turn: Turn, *, ours: bool = False) -> None:
    """It did certainly not happen: whoever comes next may ask at once. `ours`: a setting of ours is wrong, and an admin is told."""
    if ours:
        slack_refusals.ends(session, about=f"{turn.install_id}:setting")
    session.execute(
        update(SlackInstall)
        .where(_of(session, turn))
        .values(lease_until=None)
        .execution_options(synchronize_session=False)
    )


def refuse(session: Session, turn: Turn, *, code: str) -> datetime | None:
    """Slack gives no newer pair for this one and never will: admins are told, once, until when the old token works (returned)."""
    ends = session.scalar(
        update(SlackInstall)
        .where(_of(session, turn), SlackInstall.refused.is_(None))
        .values(refused=code, lease_until=None)
        .returning(SlackInstall.expires_at)
        .execution_options(synchronize_session=False)
    )
    if ends is not None:
        subject = ("slack_install", turn.install_id)
        audit.record(session, "slack.token_refused", actor="system", subject=subject, code=code)
        slack_refusals.ends(session, about=f"{turn.install_id}:{turn.generation}")
    return ends


def _waits(session: Session) -> ColumnElement[bool]:
    """Live, with a refresh token that was not refused, and nobody's turn."""
    at = clock.machine()
    return (
        (SlackInstall.org_id == org_of(session))
        & SlackInstall.ended_at.is_(None)
        & SlackInstall.refresh_token.is_not(None)
        & SlackInstall.refused.is_(None)
        & or_(SlackInstall.lease_until.is_(None), SlackInstall.lease_until <= at)
    )


def _of(session: Session, turn: Turn) -> ColumnElement[bool]:
    return (
        (SlackInstall.org_id == org_of(session))
        & (SlackInstall.id == turn.install_id)
        & (SlackInstall.generation == turn.generation)
        & SlackInstall.ended_at.is_(None)
    )
