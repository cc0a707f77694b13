"""`/outreach staff`: who of the staff list has no access, or no Slack account, and why; `staff back EMAIL` gives access back."""

from sqlalchemy.orm import Session

from handlers.commands.outreach import MANAGE, Verb
from workflows import on_call, returning, staff
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = "`/outreach staff`: who has no access, and why; `staff back EMAIL` gives it back (admins)."
MOST = 30


def answer(session: Session, rest: str, who: Who) -> str:
    """The list, or access given back."""
    demand(who.role, Right.SETTINGS)
    word, _, email = rest.partition(" ")
    if word == "back" and email:
        return returning.give_back(session, returning.of_email(session, email), by=who)
    return USAGE if rest else "\n".join(_lines(session))


def _lines(session: Session) -> list[str]:
    people = returning.listed(session)
    out = [person for person, _ in people if not person.active]
    unfound = [person for person, there in people if person.active and not there]
    lines = [f"{len(people) - len(out)} people have access; {len(out)} on the list have none."]
    for person in out[:MOST]:
        since = f" since {on_call.when(session, person.left_at)}" if person.left_at else ""
        why = staff.WHY.get(person.left_why or "", "an admin ended it")
        lines.append(f"• {person.name} ({person.email}), {person.role}: none{since}, {why}.")
    lines += [
        f"• {one.name} ({one.email}), {one.role}: no Slack account found, signs in on the page."
        for one in unfound[:MOST]
    ]
    left = max(0, len(out) - MOST) + max(0, len(unfound) - MOST)
    return [*lines, *([f"… and {left} more: `app.py staff list`."] if left else [])]


VERB = Verb("staff", USAGE, answer, MANAGE, Right.SETTINGS)
"""The line of the help."""
