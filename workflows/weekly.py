"""The weekly digest's timetable: who gets it, on which day and hour of their own clock, once a week whatever the clock went through.

In the organisation's settings: {"digest": {"managers": {"day": "Mon", "at": "07:00", "channel": "C…"}, "teams": {team: {"day", "at"}}}}.
Without `channel` each manager gets it as a direct message; "off" in the place of a time: not at all. Teams get none until they ask for it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from core.errors import Misconfigured
from storage import outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import DigestPost, Enrollment, Staff, StaffIdentity, Team
from workflows import accounts, surroundings, team_hours
from workflows.kpis import rounds
from workflows.roles import TABLE, Role, Verb

KEY, MANAGERS, OFF = "digest", "managers", "off"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
USUAL: Mapping[str, str] = {"day": "Mon", "at": "07:00"}
FIX = "See docs/digest.md for what `digest` may say."
DIRECT = ("U", "W")
"""What a person's account begins with, in the place of a channel."""
SEES = tuple(role.value for role in Role if Verb.SEE_KPIS in TABLE[role])
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,30}")


@dataclass(frozen=True, slots=True)
class Slot:
    """One receiver's place in the week. `receiver` is MANAGERS or a team's code; `channel` a person's account for a direct message."""

    receiver: str
    channel: str
    day: int
    at: time
    zone: ZoneInfo

    def last_due(self, now: datetime) -> datetime:
        """The latest instant not after `now` at which it was due: the wall clock's, also in the weeks in which the clocks change."""
        local = now.astimezone(self.zone).date()
        day = local - timedelta(days=(local.weekday() - self.day) % 7)
        due = datetime.combine(day, self.at, self.zone)
        return due if due <= now else datetime.combine(day - timedelta(days=7), self.at, self.zone)


@dataclass(frozen=True, slots=True)
class Post:
    """A promised digest as the worker finds it."""

    id: UUID
    channel: str
    receiver: str
    week: date
    ts: str | None
    since: datetime | None
    parts: frozenset[str]

    @property
    def direct(self) -> bool:
        """To one person."""
        return self.channel.startswith(DIRECT)


def promise(session: Session) -> None:
    """Promise what is due and was not promised yet: row and outbox together, so two clocks, or one that stood still, post once.

    Weeks in which no clock ran are not made up for. While nobody had been enrolled before that week there is nothing to tell.
    """
    said = surroundings.organisation_of(session).settings.get(KEY)
    at = now(session)
    due = {slot: slot.last_due(at).astimezone(slot.zone).date() for slot in _slots(session, said)}
    weeks = {slot: day - timedelta(days=day.weekday()) for slot, day in due.items()}
    promised = _promised(session, set(weeks.values()))
    missing = {slot: week for slot, week in weeks.items() if (slot.channel, week) not in promised}
    if not missing or not _anything(session, max(missing.values())):
        return
    rounds.ask(session)  # the counts first: the lane takes its work in order
    workspace = next(iter(accounts.workspaces(session)), "")
    for slot, week in missing.items():
        put(session, workspace, slot.channel, week=week, receiver=slot.receiver)


def put(session: Session, workspace: str, channel: str, *, week: date, receiver: str) -> None:
    """Promise a week's digest in a channel, unless it was."""
    row = insert(DigestPost).values(
        org_id=org_of(session),
        workspace=workspace,
        channel=channel,
        week=week,
        receiver=receiver,
        promised_at=now(session),
    )
    made = session.scalar(row.on_conflict_do_nothing().returning(DigestPost.id))
    if made is not None:
        outbox.put(session, Topic.DIGEST_POST, made, lane=Lane.REPORTS)


def begin(session: Session, post_id: UUID) -> Post | None:
    """The promised digest, its first posting marked as begun; None when it is gone."""
    mine = (DigestPost.org_id == org_of(session)) & (DigestPost.id == post_id)
    row = session.scalars(select(DigestPost).where(mine)).one_or_none()
    if row is None:
        return None
    found = Post(row.id, row.channel, row.receiver, row.week, row.ts, row.posting_since, frozenset(row.parts))
    if row.posting_since is None:
        row.posting_since = clock.machine()
        session.flush()
    return found


def posted(session: Session, post_id: UUID, ts: str) -> None:
    """Its message stands there: the charts may follow."""
    mine = (DigestPost.org_id == org_of(session)) & (DigestPost.id == post_id)
    session.execute(update(DigestPost).where(mine).values(ts=ts))
    outbox.put(session, Topic.DIGEST_PICTURES, post_id, lane=Lane.REPORTS)


def told(session: Session, post_id: UUID, part: str) -> None:
    """This part of its thread stands there, or is not to be tried again."""
    mine = (DigestPost.org_id == org_of(session)) & (DigestPost.id == post_id)
    session.execute(update(DigestPost).where(mine).values(parts=DigestPost.parts.op("||")([part])))


def instead(session: Session, post: Post) -> None:
    """The managers' channel takes it not: each manager gets it as a direct message."""
    workspace = next(iter(accounts.workspaces(session)), "")
    for account in _managers(session):
        put(session, workspace, account, week=post.week, receiver=MANAGERS)


def read(said: Any, teams: Mapping[str, Any]) -> None:
    """Check what an organisation file or a form says. Raises Misconfigured naming what is wrong."""
    if not isinstance(said, dict) or set(said) - {MANAGERS, "teams"} or not isinstance(said.get("teams", {}), dict):
        raise Misconfigured("digest cannot be read", fix=FIX)
    if unknown := sorted(set(said.get("teams", {})) - set(teams)):
        raise Misconfigured(f"digest names a team that does not exist: {unknown[0]}", fix=FIX)
    for name, line in {MANAGERS: said.get(MANAGERS, OFF), **said.get("teams", {})}.items():
        _check(name, line, channel=name == MANAGERS)


def of(said: Any, receiver: str) -> Mapping[str, str] | None:
    """What stands in the settings for the managers or a team; None: it is off."""
    said = said or {}
    line = said.get(MANAGERS, USUAL) if receiver == MANAGERS else said.get("teams", {}).get(receiver, OFF)
    return None if line == OFF else line


def _check(name: str, line: Any, *, channel: bool) -> None:
    if line == OFF:
        return
    allowed = {"day", "at", *(["channel"] if channel else [])}
    if not isinstance(line, dict) or set(line) - allowed or line.get("day") not in DAYS:
        raise Misconfigured(f"digest.{name} has a day ({', '.join(DAYS)}) and a time, or is off", fix=FIX)
    if not isinstance(line.get("at"), str) or not _CLOCK.fullmatch(line["at"]):
        raise Misconfigured(f"digest.{name}: write the time like 07:00", fix=FIX)
    if line.get("channel") and not (isinstance(line["channel"], str) and _CHANNEL.fullmatch(line["channel"])):
        raise Misconfigured(f"digest.{name}: the channel is its id, like C0123456789", fix=FIX)


def _slots(session: Session, said: Any) -> Iterator[Slot]:
    ours = ZoneInfo(surroundings.organisation_of(session).zone)
    line = of(said, MANAGERS)
    if line is not None:
        for channel in [line["channel"]] if line.get("channel") else _managers(session):
            yield _slot(MANAGERS, channel, line, ours)
    codes = [code for code in (said or {}).get("teams", {}) if of(said, code) is not None]
    known = select(Team).where(Team.org_id == org_of(session), Team.code.in_(codes)).order_by(Team.code)
    for team in session.scalars(known) if codes else ():
        wanted = of(said, team.code)
        if wanted is not None and team.channel_problem is None:
            yield _slot(team.code, team.channel_id, wanted, ZoneInfo(team_hours.of(session, team.code).zone))


def _slot(receiver: str, channel: str, line: Mapping[str, str], zone: ZoneInfo) -> Slot:
    return Slot(receiver, channel, DAYS.index(line["day"]), time.fromisoformat(line["at"]), zone)


def _managers(session: Session) -> list[str]:
    """The accounts of the managers; without any, of others who may see figures by team and person."""
    theirs = (
        (StaffIdentity.org_id == Staff.org_id) & (StaffIdentity.staff_id == Staff.id) & StaffIdentity.lost.is_(None)
    )
    found = select(Staff.role, func.min(StaffIdentity.external_id)).join(Staff, theirs)
    sees = found.where(Staff.org_id == org_of(session), Staff.active, Staff.role.in_(SEES)).group_by(
        Staff.id, Staff.role
    )
    known = [(role, account) for role, account in session.execute(sees.order_by(Staff.id)) if account]
    managers = [account for role, account in known if role == Role.MANAGER]
    return managers or [account for _, account in known]


def _promised(session: Session, weeks: set[date]) -> set[tuple[str, date]]:
    rows = select(DigestPost.channel, DigestPost.week).where(
        DigestPost.org_id == org_of(session), DigestPost.week.in_(weeks)
    )
    return {(channel, week) for channel, week in session.execute(rows)}


def _anything(session: Session, week: date) -> bool:
    """Somebody had been enrolled before this week began."""
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    begins = datetime.combine(week, time(), zone)
    found = select(Enrollment.id).where(
        Enrollment.org_id == org_of(session), Enrollment.started_at < begins, ~Enrollment.holdout
    )
    return session.scalar(found.limit(1)) is not None
