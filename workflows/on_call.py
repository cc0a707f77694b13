"""Who is on call for a team, in which order, and how long each is given: from the organisation's settings, else the team's own people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from storage.db import now, org_of
from storage.tables import Absence, Staff, StaffIdentity, Team, TeamMember
from workflows import business_time, staff, surroundings, team_hours
from workflows.business_time import DAY_MINUTES
from workflows.roles import TABLE, Role, Verb

KEY = "on_call"
FIX = "See docs/escalation.md for what `on_call` may say."
LONGEST = 240
MOST_TURNS = 100
_MOMENT = re.compile(r"([1-7]) ([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Minutes:
    """How long each rung is given before the next one; an urgent case that nobody takes is paged after `urgent`."""

    dm: int = 3  # from the card in the channel to the first direct message
    text: int = 3  # from a direct message to the text to the same person
    next: int = 3  # from one person to the next
    admins: int = 3  # from the last person to the admins
    again: int = 15  # from the admins to the next round
    urgent: int = 15


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as a page reaches them."""

    id: UUID
    name: str
    in_slack: bool
    has_phone: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make: `via` dm or text, `tier` on_call or admin."""

    via: str
    tier: str
    person: Person


@dataclass(frozen=True, slots=True)
class Stage:
    """What is done at one height of the ladder, `wait` after what was done before it."""

    wait: timedelta
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of a rota: every week from/to, in minutes from Monday's midnight on the team's wall clock; it may pass the week's end."""

    email: str
    begins: int
    ends: int


def read(said: Any, teams: Mapping[str, Any]) -> None:
    """Check what an organisation file says: {team: {people: [e-mail …], minutes: {rung: n}, rota: [{person, from, to}]}}.

    Raises Misconfigured.
    """
    names = {field.name for field in fields(Minutes)}
    if not isinstance(said, dict) or not set(said) <= set(teams):
        raise Misconfigured("on_call names a team that does not exist", fix=FIX)
    for team, rota in said.items():
        minutes = rota.get("minutes", {})
        right = [name in names and type(n) is int and 1 <= n <= LONGEST for name, n in minutes.items()]
        if set(rota) - {"people", "minutes", "rota"} or not all(right):
            raise Misconfigured(f"on_call.{team} cannot be read (minutes are 1 to {LONGEST})", fix=FIX)
        turns(team, rota.get("rota", []))


def check(session: Session, said: Mapping[str, Any]) -> None:
    """Everybody named is on the staff list and may take the team's cases. Raises Misconfigured."""
    for code, rota in said.items():
        team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.code == code)).one()
        emails = [*rota.get("people", []), *(turn.email for turn in turns(code, rota.get("rota", [])))]
        known = {person.email.lower(): person for person in _staff(session, emails)}
        for email in emails:
            person = known.get(email.lower())
            if person is None or not _may_take(person.role, team):
                fix = "Name active staff by e-mail; a clinical team's cases are a clinician's to take."
                raise Misconfigured(f"on_call.{code}: {email} cannot be on call", fix=fix)


def minutes(session: Session, team: Team) -> Minutes:
    """The waits of a team's ladder."""
    return Minutes(**_rota(session, team).get("minutes", {}))


def people(session: Session, team: Team) -> list[Person]:
    """Who is called for a team's cases, in order: whose turn it is, then those named, else everybody of the team who may take them.

    Nobody who is off.
    """
    rota = _rota(session, team)
    emails = list(dict.fromkeys(email.lower() for email in [*_turns_now(session, team), *rota.get("people", [])]))
    if emails:
        order = {email: place for place, email in enumerate(emails)}
        found = sorted(_staff(session, emails), key=lambda person: order[person.email.lower()])
    else:
        member = (TeamMember.org_id == Staff.org_id) & (TeamMember.staff_id == Staff.id)
        mine = select(Staff).join(TeamMember, member).where(TeamMember.team_id == team.id)
        found = list(session.scalars(mine.where(Staff.org_id == org_of(session), Staff.active).order_by(Staff.name)))
    return _reached(session, [person for person in found if _may_take(person.role, team)])


def admins(session: Session) -> list[Person]:
    """Who hears that nobody on call answers: the admins, without any the managers."""
    return _first(session, Role.ADMIN, Role.MANAGER)


def managers(session: Session) -> list[Person]:
    """Who hears of what is theirs to settle: the managers, without any the admins."""
    return _first(session, Role.MANAGER, Role.ADMIN)


def off(session: Session) -> dict[UUID, datetime]:
    """Everybody who is off now, with the instant until which; read once a transaction."""
    known: dict[UUID, datetime] | None = session.info.get("off")
    if known is None:
        away = select(Absence.staff_id, func.max(Absence.ends_at)).where(
            Absence.org_id == org_of(session), Absence.kind == "off", Absence.ended_at.is_(None),
            Absence.starts_at <= now(session), Absence.ends_at > now(session),
        )  # fmt: skip
        known = {row[0]: row[1] for row in session.execute(away.group_by(Absence.staff_id))}
        session.info["off"] = known
    return known


def forget_off(session: Session) -> None:
    """Ask again: somebody went or came in this transaction."""
    session.info.pop("off", None)


def demand_here(session: Session, staff_id: UUID) -> None:
    """Refused, with who is off and until when: nobody who is away is given a case."""
    until = off(session).get(staff_id)
    if until is None:
        return
    raise Refused(
        f"{staff.name(session, staff_id)} is off until {when(session, until)}. Nothing was changed. Pick somebody else."
    )


def when(session: Session, instant: datetime) -> str:
    """ "Thu Dec 3, 9:30 am" on the organisation's clock; of today the time alone."""
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    local, today = instant.astimezone(zone), now(session).astimezone(zone).date()
    clock = f"{local:%I:%M %p}".lstrip("0").lower()
    return clock if local.date() == today else f"{local:%a %b} {local.day}, {clock}"


def on_shift(session: Session, team: Team) -> list[UUID]:
    """Whose turn it is now by the team's rota, nobody who is off."""
    emails = _turns_now(session, team)
    by_email = {one.email.lower(): one.id for one in _staff(session, emails)}
    found = [by_email[email.lower()] for email in emails if email.lower() in by_email]
    return [staff_id for staff_id in found if staff_id not in off(session)]


def ended_shifts(session: Session, *, within: timedelta) -> list[tuple[str, UUID, datetime]]:
    """(team's code, who, when) of the turns that ended lately and do not go on with the same person's next one."""
    made: list[tuple[str, UUID, datetime]] = []
    for code, rota in surroundings.organisation_of(session).settings.get(KEY, {}).items():
        over = [
            (turn.email, ended)
            for turn in turns(code, rota.get("rota", []))
            if (ended := _last(turn.ends, now(session), team_hours.of(session, code).zone)) > now(session) - within
        ]
        if not over:
            continue
        team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.code == code)).one()
        by_email = {one.email.lower(): one.id for one in _staff(session, [email for email, _ in over])}
        here = on_shift(session, team)
        for email, ended in over:
            staff_id = by_email.get(email.lower())
            if staff_id is not None and staff_id not in here:
                made.append((code, staff_id, ended))
    return made


def teams_naming(session: Session, email: str) -> list[str]:
    """Names of the teams whose on-call list or rota names this e-mail, by name."""
    settings = surroundings.organisation_of(session).settings.get(KEY, {})
    codes = [
        code
        for code, rota in settings.items()
        if email.lower()
        in {one.lower() for one in [*rota.get("people", []), *(t.email for t in turns(code, rota.get("rota", [])))]}
    ]
    found = select(Team.name).where(Team.org_id == org_of(session), Team.code.in_(codes))
    return list(session.scalars(found.order_by(Team.name)))


def turns(team: str, said: Any) -> list[Turn]:
    """A rota: [{"person": e-mail, "from": "1 17:00", "to": "2 08:00"}], days as in `hours`. Raises Misconfigured."""
    wrong = Misconfigured(
        f'on_call.{team}.rota cannot be read: write {{"person": …, "from": "1 17:00", "to": "2 08:00"}}', fix=FIX
    )
    if not isinstance(said, list) or len(said) > MOST_TURNS:
        raise wrong
    made: list[Turn] = []
    for one in said:
        if not isinstance(one, dict) or set(one) != {"person", "from", "to"} or not isinstance(one["person"], str):
            raise wrong
        matches = [_MOMENT.fullmatch(one[edge]) if isinstance(one[edge], str) else None for edge in ("from", "to")]
        begins, ends = ((int(m[1]) - 1) * DAY_MINUTES + int(m[2]) * 60 + int(m[3]) if m else -1 for m in matches)
        if min(begins, ends) < 0 or begins == ends:
            raise wrong
        made.append(Turn(one["person"], begins, ends))
    return made


def _turns_now(session: Session, team: Team) -> list[str]:
    at, zone = now(session), team_hours.of(session, team.code).zone
    found = [
        turn
        for turn in turns(team.code, _rota(session, team).get("rota", []))
        if _last(turn.begins, at, zone) > _last(turn.ends, at, zone)
    ]
    return [turn.email for turn in found]


def _last(minute: int, at: datetime, zone: str) -> datetime:
    """When the week's clock showed this minute last."""
    day_of_week, clock = divmod(minute, DAY_MINUTES)
    today = at.astimezone(ZoneInfo(zone)).date()
    day = today - timedelta(days=(today.weekday() - day_of_week) % 7)
    found = business_time.instant(day, clock, zone)
    return found if found <= at else business_time.instant(day - timedelta(days=7), clock, zone)


def _first(session: Session, *roles: Role) -> list[Person]:
    for role in roles:
        of_role = select(Staff).where(Staff.org_id == org_of(session), Staff.active, Staff.role == role.value)
        if found := _reached(session, list(session.scalars(of_role.order_by(Staff.name)))):
            return found
    return []


def stages(people: Sequence[Person], admins: Sequence[Person], waits: Minutes, *, by_text: bool = False) -> list[Stage]:
    """One round of a ladder: for each person a direct message, then a text to the phone; after the last one the admins, both ways.

    `by_text` while Slack is down: nobody waits for a message that cannot come; who has no phone is left out.
    """
    made: list[Stage] = []
    for person in people:
        first = timedelta(minutes=waits.next if made else waits.dm)
        calls = _calls(person, "on_call", by_text=by_text)
        made += [
            Stage(first if place == 0 else timedelta(minutes=waits.text), (call,)) for place, call in enumerate(calls)
        ]
    told = tuple(call for person in admins for call in _calls(person, "admin", by_text=by_text))
    return [*made, Stage(timedelta(minutes=waits.admins), told)] if told else made


def _calls(person: Person, tier: str, *, by_text: bool) -> list[Call]:
    ways = (("dm", person.in_slack and not by_text), ("text", person.has_phone))
    return [Call(via, tier, person) for via, there in ways if there]


def _rota(session: Session, team: Team) -> Mapping[str, Any]:
    found: Mapping[str, Any] = surroundings.organisation_of(session).settings.get(KEY, {}).get(team.code, {})
    return found


def _staff(session: Session, emails: Sequence[str]) -> list[Staff]:
    named = func.lower(Staff.email).in_([email.lower() for email in emails])
    return list(session.scalars(select(Staff).where(Staff.org_id == org_of(session), Staff.active, named)))


def _may_take(role: str, team: Team) -> bool:
    return (Verb.WORK_CLINICAL if team.clinical else Verb.WORK_CASE) in TABLE[Role(role)]


def _reached(session: Session, people: Sequence[Staff]) -> list[Person]:
    """How each of them is reached; those who are off are left out."""
    here = [person for person in people if person.id not in off(session)]
    ids = [person.id for person in here]
    there = select(StaffIdentity.staff_id).where(
        StaffIdentity.org_id == org_of(session), StaffIdentity.staff_id.in_(ids)
    )
    in_slack = set(session.scalars(there))
    return [Person(one.id, one.name, one.id in in_slack, one.phone is not None) for one in here]
