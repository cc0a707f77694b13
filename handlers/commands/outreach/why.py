"""`/outreach why 1042`: what was sent or held back for a case, and which rule decided it (N1)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse
from handlers.commands.outreach import Verb
from workflows import outlook, surroundings, why
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = (
    "`/outreach why 1042` (a case, or an enr_… id): what was sent or held back, why, and when the next text may leave."
)
SHOWN = 30


def answer(session: Session, rest: str, who: Who) -> str:
    """The ledger of the enrollment behind a case, newest lines last; ids and codes only."""
    demand(who.role, Right.READ_CASE)
    if not rest.isdigit() and not rest.startswith("enr_"):
        return USAGE
    found = why.find(session, case_number=int(rest)) if rest.isdigit() else [parse("enr", rest)]
    if not found:
        raise Refused(f"Case {rest} has no program behind it, or does not exist.")
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    entries = [e for e in why.of_enrollment(session, found[0]) if e.kind in ("trigger", "decision", "case")]
    lines = [f"{entry.at.astimezone(zone):%a %b %-d %H:%M}  {entry.what}{_until(entry, zone)}" for entry in entries]
    coming = outlook.of_enrollment(session, found[0])
    title = f"*Why, {'case ' if rest.isdigit() else ''}{rest}*"
    return "\n".join([title, *lines[-SHOWN:], *([f"*{coming.words}*"] if coming else [])])


def _until(entry: why.Entry, zone: ZoneInfo) -> str:
    """The next moment at which a text that was held back is looked at again."""
    until = entry.detail.get("until")
    return f", until {datetime.fromisoformat(until).astimezone(zone):%a %b %-d %H:%M}" if until else ""


VERB = Verb("why", USAGE, answer)
