"""`/outreach why 1042`: what was sent or held back for a case, and which rule decided it (N1)."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import Refused
from handlers.commands.outreach import Verb
from workflows import surroundings, why
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = "`/outreach why 1042`: what was sent or held back for a case, and why."
SHOWN = 30


def answer(session: Session, rest: str, who: Who) -> str:
    """The ledger of the enrollment behind a case, newest lines last; ids and codes only."""
    demand(who.role, Right.READ_CASE)
    if not rest.isdigit():
        return USAGE
    found = why.find(session, case_number=int(rest))
    if not found:
        raise Refused(f"Case {rest} has no program behind it, or does not exist.")
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    entries = [e for e in why.of_enrollment(session, found[0]) if e.kind in ("trigger", "decision", "case")]
    lines = [f"{entry.at.astimezone(zone):%a %b %-d %H:%M}  {entry.what}" for entry in entries[-SHOWN:]]
    return "\n".join([f"*Why, case {rest}*", *lines])


VERB = Verb("why", USAGE, answer)
