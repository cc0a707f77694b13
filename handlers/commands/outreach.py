"""`/outreach why 1042`: what was sent or held back for a case, and which rule decided it (N1). `/outreach phi none`: what Slack may see."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import Refused
from handlers.commands import Command
from workflows import privacy, surroundings, why
from workflows.roles import Verb, demand
from workflows.staff import Who

USAGE = (
    "`/outreach why 1042`: what was sent or held back for a case, and why.\n"
    "`/outreach phi none`, `initials` or `full`: what Slack may see of patients (admins)."
)
SHOWN = 30


def answer(session: Session, text: str, who: Who) -> str:
    """Dispatch on the first word; anything else gets the usage."""
    verb, _, rest = text.partition(" ")
    if verb == "why" and rest.strip().isdigit():
        return _why(session, rest.strip(), who)
    if verb == "phi":
        privacy.set_level(session, rest.strip(), by=who)
        return f"Slack now sees: {rest.strip()}. Open cards are being redrawn."
    return USAGE


def _why(session: Session, rest: str, who: Who) -> str:
    """The ledger of the enrollment behind a case, newest lines last; ids and codes only."""
    demand(who.role, Verb.READ_CASE)
    found = why.find(session, case_number=int(rest))
    if not found:
        raise Refused(f"Case {rest} has no program behind it, or does not exist.")
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    entries = [e for e in why.of_enrollment(session, found[0]) if e.kind in ("trigger", "decision", "case")]
    lines = [f"{entry.at.astimezone(zone):%a %b %-d %H:%M}  {entry.what}" for entry in entries[-SHOWN:]]
    return "\n".join([f"*Why, case {rest}*", *lines])


COMMAND = Command("/outreach", answer)
