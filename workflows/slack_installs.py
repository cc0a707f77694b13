"""The installation store: what Slack granted, one row an install, tokens sealed; and which workspaces are an organisation's.

Times are machine time: Slack's, not the demo's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from core.errors import Refused
from storage import audit
from storage.db import new_id, org_of, vault
from storage.tables import Connection, Route, SlackInstall, SlackWorkspace
from workflows import install_invitations, outages, slack_refusals

TEAM, ENTERPRISE = "slack.team", "slack.enterprise"
BOT_TOKEN, REFRESH_TOKEN = "slack_installs.bot_token", "slack_installs.refresh_token"
ENDS = frozenset({"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed"})
"""Slack's words for a token that is over."""
ENDINGS = {
    "uninstalled": "it was removed in Slack",
    "revoked": "its token was taken back",
    "disconnected": "an admin removed it here",
    "replaced": "the Enterprise organisation's install took its place",
}
ELSEWHERE = "This {what} belongs to another organisation here, so nothing was connected. Ask whoever runs Careloop which one it is."
OTHER_LIVE = "This organisation already works in {name}. Nothing was changed. To move it, remove Careloop there first, then connect here."


@dataclass(frozen=True, slots=True)
class Granted:
    """What Slack answered to a code, and what it says of the token."""

    place: str  # T… or E…
    org_wide: bool
    enterprise_id: str | None
    name: str
    app_id: str
    bot_id: str
    bot_user_id: str
    scopes: tuple[str, ...]
    token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in_s: int | None
    by: str  # the Slack account that allowed it


@dataclass(frozen=True, slots=True)
class Access:
    """A live install, opened."""

    id: UUID
    place: str
    bot_id: str
    bot_user_id: str
    token: str = field(repr=False)


def keep(session: Session, granted: Granted, *, invitation: UUID) -> UUID:
    """Bind an install to this organisation and go on where Slack was left; the row's id.

    A re-install renews its row. Refused when the invitation was used, the place is another organisation's, or this one works elsewhere.
    """
    made_by = install_invitations.use(session, invitation)
    kind = ENTERPRISE if granted.org_wide else TEAM
    claim(session, kind, granted.place)
    _replace_others(session, granted)
    row = _store(session, granted)
    if granted.org_wide:
        known = select(Route.key).where(Route.kind == TEAM, Route.org_id == org_of(session))
        for team in session.scalars(known).all():
            _workspace(session, team, enterprise=granted.place, actor=made_by)
    else:
        _workspace(session, granted.place, enterprise=None, actor=made_by)
    session.execute(delete(Connection).where(Connection.org_id == org_of(session), Connection.kind == "slack"))
    audit.record(
        session, "slack.installed", actor=made_by, subject=("slack_install", row), place=granted.place, by=granted.by
    )
    slack_refusals.over(session)
    outages.catch_up(session)
    return row


def claim(session: Session, kind: str, key: str) -> None:
    """This place is this organisation's from now on. Refused when it is another's: a workspace does not change hands."""
    session.execute(insert(Route).values(kind=kind, key=key, org_id=org_of(session)).on_conflict_do_nothing())
    owner = session.scalar(select(Route.org_id).where(Route.kind == kind, Route.key == key))
    if owner != org_of(session):
        raise Refused(ELSEWHERE.format(what="workspace" if kind == TEAM else "Enterprise organisation"))


def map_workspace(session: Session, team: str, *, enterprise: str, actor: str) -> None:
    """One more workspace of an Enterprise organisation is this organisation's; its people are known as in the first one."""
    claim(session, TEAM, team)
    _workspace(session, team, enterprise=enterprise, actor=actor)
    audit.record(session, "slack.workspace_mapped", actor=actor, subject=("slack_workspace", team), place=enterprise)
    outages.catch_up(session)


def access(session: Session, place: str | None = None) -> Access | None:
    """The live install (of this place), or None."""
    found = session.scalars(_live(session, place).order_by(SlackInstall.installed_at.desc()).limit(1)).first()
    if found is None or found.bot_token is None:
        return None
    token = vault(session).open(found.bot_token, BOT_TOKEN, found.id)
    return Access(found.id, found.place, found.bot_id, found.bot_user_id, token)


def borrowed(session: Session) -> str | None:
    """The Enterprise organisation by whose install this organisation's workspaces are reached, where it is another's row."""
    found = select(SlackWorkspace.enterprise_id).where(
        SlackWorkspace.org_id == org_of(session), SlackWorkspace.enterprise_id.is_not(None)
    )
    return session.scalar(found.limit(1))


def was_installed(session: Session) -> bool:
    """Whether this organisation's Slack came by OAuth, live or ended."""
    return (
        session.scalar(select(SlackWorkspace.id).where(SlackWorkspace.org_id == org_of(session)).limit(1)) is not None
    )


def people_of(session: Session, team: str) -> str:
    """The workspace under which a workspace's people are on the staff list: itself, or the first of its Enterprise organisation."""
    found = session.scalar(
        select(SlackWorkspace.people).where(SlackWorkspace.org_id == org_of(session), SlackWorkspace.team_id == team)
    )
    return found or team


def place_of(session: Session, install_id: UUID) -> str | None:
    """Where a live install is; None when it has ended."""
    live = (SlackInstall.org_id == org_of(session)) & SlackInstall.ended_at.is_(None)
    return session.scalar(select(SlackInstall.place).where(live, SlackInstall.id == install_id))


def end(session: Session, place: str, *, why: str, actor: str = "system", token: str | None = None) -> bool:
    """An install is over: its row stays without tokens. False when it was over, or holds another token than the one that was refused."""
    row = session.scalars(_live(session, place).with_for_update()).first()
    if row is None or (token is not None and not _holds(session, row, token)):
        return False
    row.ended_at, row.ended_why = clock.machine(), why
    row.bot_token = row.refresh_token = row.expires_at = row.lease_until = None
    row.generation += 1
    session.flush()
    audit.record(session, "slack.install_ended", actor=actor, subject=("slack_install", row.id), place=place, why=why)
    return True


def cut(session: Session, *, enterprise: str | None = None) -> None:
    """No card arrives in this organisation's workspaces (of this Enterprise organisation): the loud ones page by text, an admin is told."""
    mine = SlackWorkspace.org_id == org_of(session)
    if enterprise is not None:
        mine &= SlackWorkspace.enterprise_id == enterprise
    at = clock.machine()
    session.execute(
        update(SlackWorkspace)
        .where(mine, SlackWorkspace.cut_at.is_(None))
        .values(cut_at=at)
        .execution_options(synchronize_session=False)
    )
    slack_refusals.cut_off(session, about=f"{at:%H%M%S%f}")
    outages.page_the_loud(session)


def is_cut(session: Session) -> bool:
    """Whether the end of this organisation's access was noticed already."""
    found = select(SlackWorkspace.id).where(
        SlackWorkspace.org_id == org_of(session), SlackWorkspace.cut_at.is_not(None)
    )
    return session.scalar(found.limit(1)) is not None


def reached_by(session: Session, enterprise: str) -> bool:
    """Whether a workspace of this organisation is reached by that Enterprise organisation's install."""
    found = select(SlackWorkspace.id).where(
        SlackWorkspace.org_id == org_of(session), SlackWorkspace.enterprise_id == enterprise
    )
    return session.scalar(found.limit(1)) is not None


def listed(session: Session) -> Sequence[SlackInstall]:
    """Every install of this organisation, the ended too, newest first."""
    found = (
        select(SlackInstall).where(SlackInstall.org_id == org_of(session)).order_by(SlackInstall.installed_at.desc())
    )
    return session.scalars(found).all()


def describe(row: SlackInstall, zone: str) -> dict[str, str | bool]:
    """One install in words, times as the clinic's clocks show them."""
    here = ZoneInfo(zone)

    def moment(at: datetime) -> str:
        return f"{at.astimezone(here):%a %b %-d, %Y, %-I:%M %p}"

    if row.ended_at is not None:
        state = f"Ended {moment(row.ended_at)}: {ENDINGS.get(row.ended_why or '', 'Slack ended it')}."
    elif row.refused is not None and row.expires_at is not None:
        state = f"Ends {moment(row.expires_at)}: Slack gives no newer token. Connect it again before."
    elif row.expires_at is not None:
        state = f"Connected since {moment(row.installed_at)}. Its token is renewed before {moment(row.expires_at)}."
    else:
        state = f"Connected since {moment(row.installed_at)}."
    return {"place": row.place, "name": row.name, "state": state, "live": row.ended_at is None}


def expiry(at: datetime, expires_in_s: int | None) -> datetime | None:
    """When a token that Slack gave at `at` ends; None for one that does not."""
    return at + timedelta(seconds=expires_in_s) if expires_in_s else None


def _live(session: Session, place: str | None) -> Any:
    found = select(SlackInstall).where(SlackInstall.org_id == org_of(session), SlackInstall.ended_at.is_(None))
    return found if place is None else found.where(SlackInstall.place == place)


def _holds(session: Session, row: SlackInstall, token: str) -> bool:
    return row.bot_token is not None and vault(session).open(row.bot_token, BOT_TOKEN, row.id) == token


def _replace_others(session: Session, granted: Granted) -> None:
    """One live install an organisation: an Enterprise one takes the place of its own workspace's; any other is refused."""
    for row in session.scalars(_live(session, None).where(SlackInstall.place != granted.place).with_for_update()).all():
        if not (granted.org_wide and row.enterprise_id == granted.place):
            raise Refused(OTHER_LIVE.format(name=row.name))
        end(session, row.place, why="replaced")


def _store(session: Session, granted: Granted) -> UUID:
    """Insert or renew in one statement; the row's id has to be known before, since tokens are sealed for it."""
    org, at = org_of(session), clock.machine()
    known = select(SlackInstall.id).where(SlackInstall.org_id == org, SlackInstall.place == granted.place)
    row = session.scalar(known.with_for_update()) or new_id(session)
    keys = vault(session)
    values = {
        "org_wide": granted.org_wide, "enterprise_id": granted.enterprise_id, "name": granted.name, "app_id": granted.app_id,
        "bot_id": granted.bot_id, "bot_user_id": granted.bot_user_id, "scopes": sorted(granted.scopes),
        "bot_token": keys.seal(granted.token, BOT_TOKEN, row),
        "refresh_token": keys.seal(granted.refresh_token, REFRESH_TOKEN, row) if granted.refresh_token else None,
        "expires_at": expiry(at, granted.expires_in_s), "installed_by": granted.by, "installed_at": at,
        "lease_until": None, "refused": None, "ended_at": None, "ended_why": None,
    }  # fmt: skip
    renewed = values | {"generation": SlackInstall.generation + 1, "installs": SlackInstall.installs + 1}
    statement = insert(SlackInstall).values(org_id=org, id=row, place=granted.place, **values)
    stored = session.scalar(
        statement.on_conflict_do_update(index_elements=["org_id", "place"], set_=renewed, where=SlackInstall.id == row)
        .returning(SlackInstall.id)
    )  # fmt: skip
    if stored is None:  # two first installs at once: the other one's row has another id
        raise Refused(
            "Somebody connected this workspace at the same moment. Look at it in Slack; nothing more is needed."
        )
    return row


def _workspace(session: Session, team: str, *, enterprise: str | None, actor: str) -> None:
    org, at = org_of(session), clock.machine()
    first = select(SlackWorkspace.people).where(SlackWorkspace.org_id == org).order_by(SlackWorkspace.added_at).limit(1)
    people = (session.scalar(first) if enterprise else None) or team
    values = {"team_id": team, "enterprise_id": enterprise, "people": people, "added_by": actor, "added_at": at}
    session.execute(
        insert(SlackWorkspace)
        .values(org_id=org, id=func.uuidv7(), **values)
        .on_conflict_do_update(index_elements=["org_id", "team_id"], set_={"enterprise_id": enterprise, "cut_at": None})
    )
