"""Roles and teams of staff."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bot import accounts as reading
from bot.blocks import View
from bot.gateway import Gateway
from bot.modals import settings_person as form
from core.errors import Refused
from handlers.edge import After, Click, Load
from handlers.settings.area import Area
from handlers.settings.listing import listing
from storage.tables import Staff
from workflows import accounts
from workflows.organising import changes, people, teams
from workflows.organising.changes import By
from workflows.roles import Role, Verb, demand
from workflows.staff import Who

TITLE = "Roles"
NOBODY = "Slack does not know that account any more. Nothing was changed."
NO_ACCESS = "{name}'s Slack account is a guest's or was deactivated, so it cannot have a role. Nothing was changed."
NO_EMAIL = "Slack shows no e-mail for {name}, and the staff list needs one. Nothing was changed."


def window(session: Session, _who: Who) -> View:
    """Whose role? A list of everybody would be as long as the staff."""
    return form.pick(_summary(session))


def pick(_session: Session, click: Click, who: Who) -> After:
    """The form's Next: who they are is asked of Slack."""
    demand(who.role, Verb.SETTINGS)
    account = form.parse_pick(click.view)

    def make(later: Session, again: Who, found: Mapping[str, Any]) -> View:
        demand(again.role, Verb.SETTINGS)
        row, name, _ = _known(later, click.workspace, found)
        shown = people.shown(later, row)
        known = [(team.code, team.name) for team in teams.every(later)]
        stands = _stands(row)
        person = form.Person(account, name, row.role if row else "agent", shown["teams"] if shown else (), stands)
        return form.build(person, known, mark=changes.mark(shown))

    return Load(TITLE, make, _asking(account))


def save(_session: Session, click: Click, who: Who) -> After:
    """The form's Save."""
    demand(who.role, Verb.SETTINGS)
    account, mark, role, codes = form.parse_submission(click.view)

    def make(later: Session, again: Who, found: Mapping[str, Any]) -> View:
        demand(again.role, Verb.SETTINGS)
        _, name, email = _known(later, click.workspace, found)
        known = {team.code for team in teams.every(later)}
        if not set(codes) <= known:
            raise Refused("One of those teams is not there any more. Nothing was changed.")
        wanted = people.Wanted(name, email, Role(role), codes, click.workspace, account, only_these=True)
        people.keep(later, wanted, by=By(again.actor, mark))
        return listing(later, again, said=f"{name} is {form.ROLES[role].partition(':')[0].lower()} from now on.")

    return Load(TITLE, make, _asking(account))


def _asking(account: str) -> Any:
    def ask(slack: Gateway) -> Mapping[str, Any]:
        found = slack.user(account)
        if found is None:
            raise Refused(NOBODY)
        return found

    return ask


def _known(session: Session, workspace: str, found: Mapping[str, Any]) -> tuple[Staff | None, str, str]:
    """(who it is on the staff list, if anybody, name, e-mail). Refused for an account that can have no role."""
    account = reading.read(found, accounts.workspaces(session).get(workspace, [workspace]))
    if account is None or account.bot:
        raise Refused(NOBODY)
    if account.lost:
        raise Refused(NO_ACCESS.format(name=account.name))
    row = people.of_account(session, workspace, account.id) or (
        people.of_email(session, account.email) if account.email else None
    )
    if row is not None:
        return row, row.name, row.email
    if not account.email:
        raise Refused(NO_EMAIL.format(name=account.name))
    return None, account.name, account.email


def _stands(row: Staff | None) -> str:
    if row is None:
        return "Not on the staff list yet."
    return (
        "On the staff list."
        if row.active
        else "On the staff list, without access: it is given back by its own message."
    )


def _summary(session: Session) -> str:
    counts = people.counts(session)
    said = [f"{counts[role]} {role}{'s' if counts[role] != 1 else ''}" for role in form.ROLES if counts.get(role)]
    return ", ".join(said) or "Nobody yet."


AREA = Area(code="people", title=TITLE, stands=_summary, window=window, forms={form.PICK: pick, form.CALLBACK: save})
