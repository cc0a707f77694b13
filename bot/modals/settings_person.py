"""A colleague's role and teams: who, then what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import (
    MAX_OPTIONS,
    View,
    begun,
    context,
    escape,
    input_block,
    multi_select,
    option,
    pick_person,
    section,
    static_select,
)
from bot.modals import settings
from bot.modals.frame import STALE, Submit, chosen, chosen_many, picked
from core.errors import Refused

PICK = "settings.person.pick"
CALLBACK = "settings.person.submit"

_WHO, _ROLE, _TEAMS = "settings.person.who", "settings.person.role", "settings.person.teams"
ROLES = {
    "viewer": "Viewer: reads cases",
    "agent": "Agent: works on the cases of their teams",
    "clinician": "Clinician: clinical cases too",
    "manager": "Manager: launches, approves, sees all teams",
    "admin": "Admin: settings; works on no cases",
    "auditor": "Auditor: reads the audit alone",
}


@dataclass(frozen=True, slots=True)
class Person:
    """What the form shows; `account` is the Slack account, `stands` what they are now, in words."""

    account: str
    name: str
    role: str = ""
    teams: Sequence[str] = ()
    stands: str = ""


def pick(summary: str) -> View:
    """Whose role?"""
    blocks = [
        section(summary),
        input_block("Whose role and teams?", _WHO, element=pick_person(_WHO)),
        context("A colleague who is not on the staff list yet is put on it with the name and e-mail that Slack has."),
    ]
    return settings.form("Roles", blocks, about="person:pick", submit=Submit("Next", PICK))


def build(person: Person, teams: Sequence[tuple[str, str]], *, mark: str) -> View:
    """The form for one colleague; `teams` are (code, name)."""
    roles = static_select(_ROLE, [option(words, role) for role, words in ROLES.items()], placeholder="Pick a role")
    of_teams = multi_select(
        _TEAMS, [option(name, code) for code, name in teams[:MAX_OPTIONS]], chosen=person.teams, placeholder="Pick teams"
    ) if teams else None  # fmt: skip
    blocks = [
        section(f"*{escape(person.name)}*\n{escape(person.stands)}"),
        input_block("Role", _ROLE, element=begun(roles, person.role)),
        *([input_block("Teams", _TEAMS, element=of_teams, optional=True)] if of_teams else []),
        context("It counts from the next press on. Cases that they may not work on any more go to others at once."),
    ]
    return settings.form("Roles", blocks, about=f"{person.account}:{mark}", submit=Submit("Save", CALLBACK))


def parse_pick(view: Mapping[str, Any]) -> str:
    """The Slack account that was picked."""
    settings.subject(view, PICK)
    found = picked(view, _WHO, "user")
    if not found or not found.isalnum():
        raise Refused("Pick a colleague. Nothing was changed.")
    return found


def parse_submission(view: Mapping[str, Any]) -> tuple[str, str, str, list[str]]:
    """(the Slack account, the mark, the role, codes of the teams); Refused when it is not one of ours."""
    account, mark = settings.subject(view, CALLBACK)
    role = chosen(view, _ROLE, ask="Pick a role.")
    if role not in ROLES or not account.isalnum():
        raise Refused(STALE)
    return account, mark, role, chosen_many(view, _TEAMS)
