"""Who is on call for a team, in which order, and how long each is given: from the organisation's settings, else the team's own people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Misconfigured
from storage.db import org_of
from storage.tables import Staff, StaffIdentity, Team, TeamMember
from workflows import surroundings
from workflows.roles import TABLE, Role, Verb

KEY = "on_call"
FIX = "See docs/escalation.md for what `on_call` may say."
LONGEST = 240


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


def read(said: Any, teams: Mapping[str, Any]) -> None:
    """Check what an organisation file says: {team: {people: [e-mail …], minutes: {rung: n}}}. Raises Misconfigured."""
    names = {field.name for field in fields(Minutes)}
    if not isinstance(said, dict) or not set(said) <= set(teams):
        raise Misconfigured("on_call names a team that does not exist", fix=FIX)
    for team, rota in said.items():
        minutes = rota.get("minutes", {})
        right = [name in names and type(n) is int and 1 <= n <= LONGEST for name, n in minutes.items()]
        if set(rota) - {"people", "minutes"} or not all(right):
            raise Misconfigured(f"on_call.{team} cannot be read (minutes are 1 to {LONGEST})", fix=FIX)


def check(session: Session, said: Mapping[str, Any]) -> None:
    """Everybody named is on the staff list and may take the team's cases. Raises Misconfigured."""
    for code, rota in said.items():
        team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.code == code)).one()
        emails = rota.get("people", [])
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
    """Who is called for a team's cases, in order: those named, else everybody of the team who may take them, by name."""
    emails = _rota(session, team).get("people", [])
    if emails:
        order = {email.lower(): place for place, email in enumerate(emails)}
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


def _first(session: Session, *roles: Role) -> list[Person]:
    for role in roles:
        of_role = select(Staff).where(Staff.org_id == org_of(session), Staff.active, Staff.role == role.value)
        if found := list(session.scalars(of_role.order_by(Staff.name))):
            return _reached(session, found)
    return []


def stages(people: Sequence[Person], admins: Sequence[Person], waits: Minutes) -> list[Stage]:
    """One round of a ladder: for each person a direct message, then a text to the phone; after the last one the admins, both ways."""
    made: list[Stage] = []
    for person in people:
        first = timedelta(minutes=waits.next if made else waits.dm)
        calls = _calls(person, "on_call")
        made += [
            Stage(first if place == 0 else timedelta(minutes=waits.text), (call,)) for place, call in enumerate(calls)
        ]
    told = tuple(call for person in admins for call in _calls(person, "admin"))
    return [*made, Stage(timedelta(minutes=waits.admins), told)] if told else made


def _calls(person: Person, tier: str) -> list[Call]:
    ways = (("dm", person.in_slack), ("text", person.has_phone))
    return [Call(via, tier, person) for via, there in ways if there]


def _rota(session: Session, team: Team) -> Mapping[str, Any]:
    found: Mapping[str, Any] = surroundings.organisation_of(session).settings.get(KEY, {}).get(team.code, {})
    return found


def _staff(session: Session, emails: Sequence[str]) -> list[Staff]:
    named = func.lower(Staff.email).in_([email.lower() for email in emails])
    return list(session.scalars(select(Staff).where(Staff.org_id == org_of(session), Staff.active, named)))


def _may_take(role: str, team: Team) -> bool:
    return (Verb.WORK_CLINICAL if team.clinical else Verb.WORK_CASE) in TABLE[Role(role)]


def _reached(session: Session, staff: Sequence[Staff]) -> list[Person]:
    ids = [person.id for person in staff]
    there = select(StaffIdentity.staff_id).where(
        StaffIdentity.org_id == org_of(session), StaffIdentity.staff_id.in_(ids)
    )
    in_slack = set(session.scalars(there))
    return [Person(one.id, one.name, one.id in in_slack, one.phone is not None) for one in staff]
