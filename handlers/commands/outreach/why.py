"""`/outreach why 1042`: what was sent or held back for a case, and which rule decided it (N1)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from handlers.commands import case_number
from handlers.commands.outreach import PATIENT, Verb, enrollment_of
from workflows import outlook, surroundings, why
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = "`/outreach why 1042` (a case, or an enr_… or cas_… id): what was sent or held back, why, and when the next text may leave."
SHOWN = 30
ROOM = 2_800


def answer(session: Session, rest: str, who: Who) -> str:
    """The ledger of the enrollment behind a case, newest lines last; ids and codes only."""
    demand(who.role, Right.READ_CASE)
    enrollment = enrollment_of(session, rest)
    if enrollment is None:
        return USAGE
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    entries = [e for e in why.of_enrollment(session, enrollment) if e.kind in ("trigger", "decision", "case")]
    lines = [f"{entry.at.astimezone(zone):%a %b %-d %H:%M}  {entry.what}{_until(entry, zone)}" for entry in entries]
    coming = outlook.of_enrollment(session, enrollment)
    number = case_number(rest.removeprefix("case "))
    title = f"*Why, {rest if number is None else f'case {number}'}*"
    last = [f"*{coming.words}*"] if coming else []
    shown = lines[-SHOWN:]
    while len(shown) > 1 and sum(len(line) + 1 for line in (title, *shown, *last)) > ROOM:
        shown = shown[1:]  # the newest are what is asked for
    return "\n".join([title, *shown, *last])


def _until(entry: why.Entry, zone: ZoneInfo) -> str:
    """The next moment at which a text that was held back is looked at again."""
    until = entry.detail.get("until")
    return f", until {datetime.fromisoformat(until).astimezone(zone):%a %b %-d %H:%M}" if until else ""


VERB = Verb("why", USAGE, answer, PATIENT)
